//! What the subjects share: Candour's process, the counterparts, the made-up people, and how results are kept and shown.

pub(crate) mod bench;
pub(crate) mod campaign;
pub(crate) mod candour;
pub(crate) mod fanout;
pub(crate) mod http_sink;
pub(crate) mod listener;
pub(crate) mod machine;
pub(crate) mod people;
pub(crate) mod postgres;
pub(crate) mod profile;
pub(crate) mod redis;
pub(crate) mod report;
pub(crate) mod sink;
pub(crate) mod source;
pub(crate) mod usage;

/// What stops a benchmark, in words for whoever started it.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// A port on which nothing listens now.
pub(crate) fn free_port() -> Result<u16> {
    let listener = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

/// Returns once something takes connections at the address.
pub(crate) async fn listening(address: std::net::SocketAddr, who: &str) -> Result<()> {
    for _ in 0..500 {
        if tokio::net::TcpStream::connect(address).await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    Err(format!("{who} does not listen at {address}").into())
}
