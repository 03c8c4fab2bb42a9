//! An HTTP server that answers by script and keeps what it heard.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use url::Url;

/// A request that was heard.
#[derive(Clone, Debug)]
pub struct Heard {
    /// Method and target, e.g. `POST /v3/mail/send`.
    pub line: String,
    /// Headers, their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Heard {
    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The body as a form.
    pub fn form(&self) -> BTreeMap<String, String> {
        url::form_urlencoded::parse(&self.body).into_owned().collect()
    }
}

/// What it says to a request.
#[derive(Clone, Debug)]
pub enum Say {
    /// A status, a header and a body.
    Answer(u16, &'static str, String),
    /// Nothing: it hangs up once it has heard the request.
    Nothing,
    /// Nothing, and the connection stays open.
    Silence,
}

/// A status and a body.
pub fn answer(status: u16, body: impl Into<String>) -> Say {
    Say::Answer(status, "x-nothing: 1", body.into())
}

/// A server at work.
pub struct HttpStub {
    /// Where it is.
    pub url: Url,
    heard: Arc<Mutex<Vec<Heard>>>,
    task: JoinHandle<()>,
}

impl HttpStub {
    /// Starts a server that says one thing to each request, in order, and the last again and again.
    pub async fn start(script: Vec<Say>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&heard);
        let task = tokio::spawn(async move {
            for number in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                let say = script.get(number).or(script.last()).cloned().unwrap_or(Say::Nothing);
                // A client that hangs up early has nothing more to say.
                let _ = converse(stream, say, &keep).await;
            }
        });
        Self { url, heard, task }
    }

    /// What was heard so far.
    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }
}

impl Drop for HttpStub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn converse(stream: TcpStream, say: Say, keep: &Mutex<Vec<Heard>>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await.ok().filter(|count| *count > 0)?;
    let mut headers = BTreeMap::new();
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).await.ok()?;
        let Some((name, value)) = header.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").map_or(0, |n| n.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    let line = line.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
    // Kept before it is answered: whoever has the answer finds it here.
    keep.lock().unwrap().push(Heard { line, headers, body });
    if matches!(say, Say::Silence) {
        // Until the client gives up, or the test ends.
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.ok()?;
        return Some(());
    }
    if let Say::Answer(status, header, body) = say {
        let head =
            format!("HTTP/1.1 {status} x\r\n{header}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
        stream.write_all((head + &body).as_bytes()).await.ok()?;
        stream.shutdown().await.ok()?;
    }
    Some(())
}
