//! The smallest HTTP/1.1 client that keeps a connection: what it costs itself must not blur what is
//! measured.

use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::TcpStream;

/// The most bytes of an answer.
const LARGEST: usize = 1 << 20;

/// A request.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Of the server.
    pub address: SocketAddr,
    /// Method.
    pub method: &'static str,
    /// Path.
    pub path: String,
    /// JSON body, or nothing.
    pub body: String,
}

impl Wanted {
    /// The bytes to send.
    pub fn request(&self) -> Vec<u8> {
        let Self { address, method, path, body } = self;
        let length = body.len();
        format!(
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\naccept: application/vnd.api+json\r\n\
             content-type: application/vnd.api+json\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .into_bytes()
    }
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// Status.
    pub status: u16,
    /// Body.
    pub body: String,
}

/// A connection that is kept.
#[derive(Debug)]
pub struct Connection {
    stream: BufStream<TcpStream>,
    line: String,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// One sentence.
    pub async fn open(address: SocketAddr) -> Result<Self, String> {
        let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        Ok(Self { stream: BufStream::new(stream), line: String::new() })
    }

    /// Sends a request and reads its answer.
    ///
    /// # Errors
    /// One sentence: the connection broke, or the answer has no length.
    pub async fn send(&mut self, request: &[u8]) -> Result<Answer, String> {
        let broken = |error: std::io::Error| format!("the connection broke: {error}");
        self.stream.write_all(request).await.map_err(broken)?;
        self.stream.flush().await.map_err(broken)?;
        let (mut status, mut length) = (0, None);
        loop {
            self.line.clear();
            if self.stream.read_line(&mut self.line).await.map_err(broken)? == 0 {
                return Err("the server closed the connection".to_owned());
            }
            let line = self.line.trim_end();
            if line.is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':') {
                if name.eq_ignore_ascii_case("content-length") {
                    length = value.trim().parse::<usize>().ok().filter(|length| *length <= LARGEST);
                }
            } else if status == 0 {
                status = line.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
            }
        }
        let length = length.ok_or("an answer had no length")?;
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await.map_err(broken)?;
        Ok(Answer { status, body: String::from_utf8_lossy(&body).into_owned() })
    }
}
