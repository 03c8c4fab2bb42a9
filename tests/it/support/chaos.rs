//! A way to a server that can be cut, can fall silent and can lead elsewhere.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What befalls a connection whose client says certain words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// They arrive and take effect; the answer is lost, and the connection is cut.
    AnswerLost,
    /// They do not arrive, nothing passes any more, and nothing closes.
    Silence,
}

/// The way. It ends with the test.
pub(crate) struct ChaosProxy {
    /// Where it begins.
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

/// What all connections look at.
struct Shared {
    target: watch::Sender<SocketAddr>,
    /// Connections that began before this are cut.
    cut: watch::Sender<usize>,
    /// Connections that began before this pass nothing any more.
    silent: watch::Sender<usize>,
    begun: AtomicUsize,
    trap: watch::Sender<Option<Trap>>,
    caught: watch::Sender<usize>,
}

#[derive(Clone, Copy)]
struct Trap {
    words: &'static [u8],
    fate: Fate,
}

impl ChaosProxy {
    /// Opens a way to a server.
    pub(crate) async fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            target: watch::Sender::new(target),
            cut: watch::Sender::new(0),
            silent: watch::Sender::new(0),
            begun: AtomicUsize::new(0),
            trap: watch::Sender::new(None),
            caught: watch::Sender::new(0),
        });
        let way = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(Arc::clone(&way).carry(client));
            }
        });
        Self { address, shared }
    }

    /// A way to the server of a database, and the database's address by that way.
    pub(crate) async fn to_database(url: &str) -> (Self, String) {
        let mut url = url::Url::parse(url).expect("a URL");
        let host = url.host_str().expect("a host").to_owned();
        let target = tokio::net::lookup_host((host, url.port().unwrap_or(5432))).await;
        let proxy = Self::to(target.expect("the host has an address").next().expect("an address")).await;
        url.set_host(Some("127.0.0.1")).expect("it has a host");
        url.set_port(Some(proxy.address.port())).expect("it has a port");
        (proxy, url.to_string())
    }

    /// Cuts every connection now, in the middle of whatever is said.
    pub(crate) fn cut(&self) {
        self.shared.cut.send_replace(self.shared.begun.load(Ordering::SeqCst));
    }

    /// Present connections pass nothing any more and never close, as when a machine vanishes. New ones are well.
    pub(crate) fn silence(&self) {
        self.shared.silent.send_replace(self.shared.begun.load(Ordering::SeqCst));
    }

    /// Where it leads.
    pub(crate) fn target(&self) -> SocketAddr {
        *self.shared.target.borrow()
    }

    /// Leads new connections elsewhere.
    pub(crate) fn lead_to(&self, target: SocketAddr) {
        self.shared.target.send_replace(target);
    }

    /// Waits for the next connection whose client says this, and deals with it; the others go on.
    pub(crate) async fn catch(&self, words: &'static [u8], fate: Fate) {
        let before = *self.shared.caught.borrow();
        self.shared.trap.send_replace(Some(Trap { words, fate }));
        let mut caught = self.shared.caught.subscribe();
        let waited = tokio::time::timeout(super::process::PATIENCE, caught.wait_for(|now| *now > before)).await;
        let in_time = waited.is_ok();
        assert!(in_time, "no client said {}", String::from_utf8_lossy(words));
    }
}

impl Shared {
    async fn carry(self: Arc<Self>, client: TcpStream) {
        let number = self.begun.fetch_add(1, Ordering::SeqCst);
        let target = *self.target.borrow();
        let Ok(server) = TcpStream::connect(target).await else { return };
        for stream in [&client, &server] {
            stream.set_nodelay(true).expect("it is a socket");
            // A cut is a reset and not a goodbye.
            stream.set_zero_linger().expect("it is a socket");
        }
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        let deaf = watch::Sender::new(false);
        let talk = async {
            tokio::select! {
                () = self.say(from_client, to_server, &deaf) => {}
                () = hear(from_server, to_client, &deaf) => {}
            }
        };
        let (mut cut, mut silent) = (self.cut.subscribe(), self.silent.subscribe());
        // Both ends stay open while nobody polls the talk.
        let mut talk = std::pin::pin!(talk);
        let silenced = tokio::select! {
            _ = cut.wait_for(|cut| *cut > number) => false,
            _ = silent.wait_for(|silent| *silent > number) => true,
            () = &mut talk => false,
        };
        if silenced {
            let _ = cut.wait_for(|cut| *cut > number).await;
        }
    }

    /// Carries what the client says.
    async fn say(&self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf, deaf: &watch::Sender<bool>) {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = from.read(&mut buffer).await {
            match self.trapped(&buffer[..count]) {
                None => {}
                Some(Fate::AnswerLost) => {
                    deaf.send_replace(true);
                }
                Some(Fate::Silence) => std::future::pending().await,
            }
            if to.write_all(&buffer[..count]).await.is_err() {
                return;
            }
        }
    }

    /// Whether these words are waited for. Only the first who says them is caught.
    fn trapped(&self, said: &[u8]) -> Option<Fate> {
        let trap = (*self.trap.borrow())?;
        let says_so = said.windows(trap.words.len()).any(|words| words == trap.words);
        let first = says_so && self.trap.send_if_modified(|trap| trap.take().is_some());
        first.then(|| {
            self.caught.send_modify(|caught| *caught += 1);
            trap.fate
        })
    }
}

/// Carries what the server says; ends at an answer that is to be lost.
async fn hear(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, deaf: &watch::Sender<bool>) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        if *deaf.borrow() || to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}
