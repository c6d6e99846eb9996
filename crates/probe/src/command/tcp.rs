//! `probe tcp`: one word about a port.

use std::{process::ExitCode, time::Duration};

use bytes::Bytes;
use clap::Args;
use probe::{
    knock::{Greeting, knock},
    parse_duration,
};

#[derive(Args, Debug)]
pub(crate) struct TcpArgs {
    /// HOST:PORT.
    address: String,
    /// What to say after connecting: 0x and hex digits, or text in which \r and \n are line ends.
    #[arg(long, value_name = "HEX OR TEXT", value_parser = parse_bytes)]
    send: Option<Bytes>,
    /// Ask as a PostgreSQL client does whether TLS is spoken.
    #[arg(long, conflicts_with = "send")]
    postgres: bool,
    /// How long to wait for the connection, and then for an answer.
    #[arg(long, default_value = "2s", value_parser = parse_duration)]
    timeout: Duration,
}

pub(crate) async fn tcp(args: TcpArgs) -> ExitCode {
    let greeting = match args.send {
        Some(bytes) => Greeting::Bytes(bytes),
        None if args.postgres => Greeting::Postgres,
        None => Greeting::Silence,
    };
    println!("{}", knock(&args.address, &greeting, args.timeout).await);
    ExitCode::SUCCESS
}

fn parse_bytes(text: &str) -> Result<Bytes, String> {
    match text.strip_prefix("0x") {
        Some(digits) => parse_hex(digits).ok_or_else(|| format!("{text:?} is no even number of hex digits after 0x")),
        None => Ok(Bytes::from(text.replace("\\r", "\r").replace("\\n", "\n"))),
    }
}

fn parse_hex(digits: &str) -> Option<Bytes> {
    let pairs = digits.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => Some((hex_value(*high)? << 4) | hex_value(*low)?),
        _ => None,
    });
    pairs.collect()
}

fn hex_value(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_hex_or_text() {
        assert_eq!(parse_bytes("0x00fF").expect("hex"), &b"\x00\xff"[..]);
        assert_eq!(parse_bytes(r"GET / HTTP/1.0\r\n\r\n").expect("text"), "GET / HTTP/1.0\r\n\r\n");
        parse_bytes("0x0").expect_err("half a byte");
        parse_bytes("0xzz").expect_err("no digits");
    }
}
