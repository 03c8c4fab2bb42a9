//! An SMTP server that plays a script, for what real ones do once in a month.

use candour::providers::smtp::{SmtpSettings, SmtpTls};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// One step of a conversation.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// Says that, line end added.
    Say(&'static str),
    /// Hears a line that begins with that.
    Hear(&'static str),
    /// Hears a message, up to its final dot.
    HearContent,
    /// Waits until the client hangs up.
    UntilClosed,
}

/// The beginning of most conversations, without TLS.
pub const HELLO: [Step; 3] =
    [Step::Say("220 test"), Step::Hear("EHLO"), Step::Say("250-test\r\n250-PIPELINING\r\n250 ENHANCEDSTATUSCODES")];

/// A transaction that is taken.
pub const TAKEN: [Step; 8] = [
    Step::Hear("MAIL FROM:"),
    Step::Hear("RCPT TO:"),
    Step::Hear("DATA"),
    Step::Say("250 2.1.0 ok\r\n250 2.1.5 ok\r\n354 go on"),
    Step::HearContent,
    Step::Say("250 2.0.0 taken"),
    Step::Hear(""),
    Step::UntilClosed,
];

/// A server at work. When a conversation ends the connection is closed, and the next script waits for the next one.
pub struct SmtpServer {
    /// Where it listens.
    pub port: u16,
    task: JoinHandle<Vec<Vec<String>>>,
}

impl SmtpServer {
    /// Starts a server that plays one script per connection, in order.
    pub async fn play(scripts: Vec<Vec<Step>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let task = tokio::spawn(async move {
            let mut heard = Vec::new();
            for script in scripts {
                let (stream, _) = listener.accept().await.unwrap();
                heard.push(converse(stream, script).await);
            }
            heard
        });
        Self { port, task }
    }

    /// What was heard in each conversation, once all scripts have been played.
    pub async fn heard(self) -> Vec<Vec<String>> {
        self.task.await.unwrap()
    }

    /// Settings of a relay at this server, without protection.
    pub fn settings(&self) -> SmtpSettings {
        SmtpSettings {
            host: String::from("127.0.0.1"),
            port: self.port,
            tls: SmtpTls::None,
            ca_file: None,
            hello_name: None,
            username: None,
            password: None,
            from: String::from("notices@example.org"),
            reply_to: None,
            domain: None,
            bounce_secret: None,
            previous_bounce_secrets: Vec::new(),
            dkim: None,
            messages_per_connection: 100,
        }
    }
}

async fn converse(stream: TcpStream, script: Vec<Step>) -> Vec<String> {
    let mut stream = BufReader::new(stream);
    let mut heard = Vec::new();
    for step in script {
        match step {
            Step::Say(text) => stream.write_all(format!("{text}\r\n").as_bytes()).await.unwrap(),
            Step::Hear(prefix) => {
                let mut line = String::new();
                // A client that hung up is heard as silence.
                let _ = stream.read_line(&mut line).await;
                assert!(line.starts_with(prefix), "wanted {prefix}, heard {line:?}");
                heard.push(line.trim_end().to_owned());
            }
            Step::HearContent => {
                let mut content = String::new();
                while !content.ends_with("\r\n.\r\n") {
                    assert!(stream.read_line(&mut content).await.unwrap() > 0, "no final dot");
                }
                heard.push(content);
            }
            Step::UntilClosed => {
                let mut rest = String::new();
                while stream.read_line(&mut rest).await.is_ok_and(|count| count > 0) {}
            }
        }
    }
    heard
}
