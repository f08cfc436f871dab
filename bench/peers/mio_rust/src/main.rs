//! The servers on Rust's mio: echo, echo of datagrams (with the argument "udp"), and one page
//! of HTTP ("http"). Edge-triggered: a short read has drained the socket.

use mio::net::{TcpListener, TcpStream, UdpSocket};
use mio::{Events, Interest, Poll, Token};
use std::io::{ErrorKind, Read, Result, Write};

const LISTENER: Token = Token(usize::MAX);
const PAGE: &[u8] = b"HTTP/1.1 200 OK\r\n\
    Content-Type: text/plain\r\n\
    Content-Length: 13\r\n\
    \r\n\
    Hello, world!";

struct Client {
    stream: TcpStream,
    unsent: Vec<u8>, // what a full socket did not take
}

struct Server {
    poll: Poll,
    listener: TcpListener,
    clients: Vec<Option<Client>>,
    free: Vec<usize>, // places of clients that have left
    buffer: Vec<u8>,
    http: bool,
}

/// What an operation did; nothing, where it would have blocked.
fn unless_blocked(result: Result<usize>) -> Result<Option<usize>> {
    match result {
        Ok(count) => Ok(Some(count)),
        Err(err) if err.kind() == ErrorKind::WouldBlock => Ok(None),
        Err(err) => Err(err),
    }
}

impl Client {
    fn send(&mut self, data: &[u8]) -> Result<()> {
        let sent = unless_blocked(self.stream.write(data))?.unwrap_or(0);
        if sent < data.len() {
            self.unsent.extend_from_slice(&data[sent..]);
        }
        Ok(())
    }

    fn send_rest(&mut self) -> Result<()> {
        if self.unsent.is_empty() {
            return Ok(());
        }
        let sent = unless_blocked(self.stream.write(&self.unsent))?.unwrap_or(0);
        self.unsent.drain(..sent);
        Ok(())
    }

    /// Returns false when the client has left.
    fn serve(&mut self, buffer: &mut [u8], http: bool, ends: bool) -> Result<bool> {
        self.send_rest()?;
        while self.unsent.is_empty() {
            let count = match unless_blocked(self.stream.read(buffer))? {
                None => return Ok(true),
                Some(0) => return Ok(false),
                Some(count) => count,
            };
            if !http {
                self.send(&buffer[..count])?;
            } else if buffer[..count].ends_with(b"\r\n\r\n") {
                self.send(PAGE)?;
            }
            if count < buffer.len() && !ends {
                break;
            }
        }
        Ok(true)
    }
}

impl Server {
    fn accept(&mut self) -> Result<()> {
        while let Ok((mut stream, _)) = self.listener.accept() {
            stream.set_nodelay(true)?;
            let place = self.free.pop().unwrap_or_else(|| {
                self.clients.push(None);
                self.clients.len() - 1
            });
            let interest = Interest::READABLE | Interest::WRITABLE;
            self.poll.registry().register(&mut stream, Token(place), interest)?;
            self.clients[place] = Some(Client { stream, unsent: Vec::new() });
        }
        Ok(())
    }

    fn serve(&mut self, place: usize, ends: bool) {
        if let Some(client) = &mut self.clients[place] {
            if !client.serve(&mut self.buffer, self.http, ends).unwrap_or(false) {
                self.clients[place] = None;
                self.free.push(place);
            }
        }
    }

    fn run(&mut self) -> Result<()> {
        let mut events = Events::with_capacity(256);
        self.poll.registry().register(&mut self.listener, LISTENER, Interest::READABLE)?;
        loop {
            self.poll.poll(&mut events, None)?;
            for event in &events {
                match event.token() {
                    LISTENER => self.accept()?,
                    Token(place) => self.serve(place, event.is_read_closed()),
                }
            }
        }
    }
}

fn run_udp() -> Result<()> {
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(16);
    let mut socket = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
    let mut buffer = vec![0; 65536];
    println!("listening on {}", socket.local_addr()?);
    poll.registry().register(&mut socket, Token(0), Interest::READABLE)?;
    loop {
        poll.poll(&mut events, None)?;
        while let Ok((count, from)) = socket.recv_from(&mut buffer) {
            socket.send_to(&buffer[..count], from)?;
        }
    }
}

fn main() -> Result<()> {
    let what = std::env::args().nth(1).unwrap_or_default();
    if what == "udp" {
        return run_udp();
    }
    let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
    println!("listening on {}", listener.local_addr()?);
    let mut server = Server {
        poll: Poll::new()?,
        listener,
        clients: Vec::new(),
        free: Vec::new(),
        buffer: vec![0; 65536],
        http: what == "http",
    };
    server.run()
}
