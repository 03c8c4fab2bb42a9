//! nginx as a text-message API that takes everything; and one request to it, as Candour writes it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

use super::{Result, free_port, listening};

/// A running nginx: HTTP/1.1 in the clear at one port, HTTP/2 over TLS at another.
pub(crate) struct HttpSink {
    pub(crate) plain: u16,
    pub(crate) tls: u16,
    pub(crate) pid: u32,
    /// The authority that its certificate comes from: the certificate itself.
    pub(crate) certificate: PathBuf,
    _child: Child,
}

/// How it is set up.
pub(crate) const SETTINGS: &str =
    "nginx, one worker process, no logs, 201 with a JSON body of 80 bytes, connections and streams never closed";

impl HttpSink {
    /// Starts it below a directory.
    pub(crate) async fn start(dir: &Path) -> Result<Self> {
        let dir = dir.join("nginx");
        std::fs::create_dir_all(&dir)?;
        let certificate = dir.join("certificate.pem");
        let made = rcgen::generate_simple_self_signed([String::from("localhost")])?;
        std::fs::write(&certificate, made.cert.pem())?;
        std::fs::write(dir.join("key.pem"), made.signing_key.serialize_pem())?;
        let (plain, tls) = (free_port()?, free_port()?);
        let home = dir.display();
        let configuration = format!(
            "daemon off;\nworker_processes 1;\npid {home}/nginx.pid;\nerror_log {home}/error.log;\n\
             events {{ worker_connections 4096; }}\n\
             http {{\n access_log off;\n default_type application/json;\n keepalive_requests 1000000000;\n\
             keepalive_timeout 3600;\n http2_max_concurrent_streams 1024;\n client_body_temp_path {home}/body;\n\
             proxy_temp_path {home}/proxy;\n fastcgi_temp_path {home}/fastcgi;\n uwsgi_temp_path {home}/uwsgi;\n\
             scgi_temp_path {home}/scgi;\n server {{\n listen 127.0.0.1:{plain};\n listen 127.0.0.1:{tls} ssl http2;\n\
             ssl_certificate {home}/certificate.pem;\n ssl_certificate_key {home}/key.pem;\n\
             location / {{ return 201 '{{\"sid\":\"SM$request_id\",\"status\":\"queued\",\"error_code\":null}}'; }}\n }}\n}}\n"
        );
        let path = dir.join("nginx.conf");
        std::fs::write(&path, configuration)?;
        let child = Command::new("nginx")
            .arg("-c")
            .arg(&path)
            .arg("-e")
            .arg(dir.join("error.log"))
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("nginx cannot start: {error}"))?;
        let pid = child.id().ok_or("nginx ended at once")?;
        let sink = Self { plain, tls, pid, certificate, _child: child };
        for port in [plain, tls] {
            listening(SocketAddr::from((Ipv4Addr::LOCALHOST, port)), "nginx").await?;
        }
        Ok(sink)
    }
}

impl Drop for HttpSink {
    fn drop(&mut self) {
        // SIGTERM, so that its first process ends its worker too.
        drop(std::process::Command::new("kill").arg(self.pid.to_string()).status());
    }
}

/// A request as it came over the wire.
#[derive(Clone, Debug)]
pub(crate) struct Captured {
    pub(crate) path: String,
    /// Name and value, without those that a client sets by itself.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// An API that takes requests and passes them on.
pub(crate) struct Capture {
    pub(crate) port: u16,
    requests: mpsc::UnboundedReceiver<Captured>,
}

impl Capture {
    pub(crate) async fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let (sender, requests) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let sender = sender.clone();
                tokio::spawn(async move {
                    while let Some(request) = one(&mut stream).await {
                        let body = format!("{{\"sid\":\"SM{:032}\"}}", 1);
                        let head = "HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: ";
                        let answer = format!("{head}{}\r\n\r\n{body}", body.len());
                        if stream.write_all(answer.as_bytes()).await.is_err() || sender.send(request).is_err() {
                            break;
                        }
                    }
                });
            }
        });
        Ok(Self { port, requests })
    }

    /// The first that came.
    pub(crate) async fn first(&mut self) -> Result<Captured> {
        Ok(self.requests.recv().await.ok_or("no request came")?)
    }
}

/// Reads one request with a body of known length; `None` when the client is gone or writes something else.
async fn one(stream: &mut tokio::net::TcpStream) -> Option<Captured> {
    let (mut read, mut buffer) = (Vec::new(), [0; 8192]);
    loop {
        if let Some(captured) = whole(&read) {
            return Some(captured);
        }
        let count = stream.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
        read.extend_from_slice(&buffer[..count]);
    }
}

fn whole(read: &[u8]) -> Option<Captured> {
    let text = std::str::from_utf8(read).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length")?.1.parse::<usize>().ok()?;
    let body = body.get(..length)?.to_owned();
    let own = |name: &str| !matches!(name, "host" | "content-length");
    Some(Captured { path, headers: headers.into_iter().filter(|(name, _)| own(name)).collect(), body })
}
