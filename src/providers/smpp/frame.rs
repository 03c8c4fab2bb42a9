//! Frames of SMPP: what came, read as far as it can be. One that cannot be read is answered and gone past, so that a
//! single odd receipt does not end the connection again and again.

use bytes::{Buf, BufMut, BytesMut};
use rusmpp::encode::{Length, owned::Encode};
use rusmpp::{Command, CommandStatus, Pdu, decode::DecodeWithLength};
use tokio_util::codec::{Decoder, Encoder};

/// Octets of the header: length, command, status, sequence number.
const HEADER: usize = 16;
/// Largest frame; a message of 64 KiB and its optional parts.
const LARGEST: usize = 70 * 1024;
/// The bit that makes a command the answer to one.
const ANSWER: u32 = 0x8000_0000;

/// One frame.
#[derive(Debug)]
pub(super) struct Frame {
    /// The command's number.
    pub(super) id: u32,
    /// Its status.
    pub(super) status: u32,
    /// Its sequence number.
    pub(super) sequence: u32,
    /// Its content, if it can be read and has any.
    pub(super) pdu: Option<Pdu>,
    /// Whether it has a content that cannot be read.
    pub(super) garbled: bool,
}

impl Frame {
    /// Whether it answers a request of ours.
    pub(super) const fn is_answer(&self) -> bool {
        self.id & ANSWER != 0
    }
}

/// Reads and writes frames.
pub(super) struct Frames;

impl Decoder for Frames {
    type Item = Frame;
    type Error = std::io::Error;

    fn decode(&mut self, from: &mut BytesMut) -> Result<Option<Frame>, std::io::Error> {
        let Some(mut head) = from.get(..HEADER) else { return Ok(None) };
        let length = usize::try_from(head.get_u32()).unwrap_or(usize::MAX);
        if !(HEADER..=LARGEST).contains(&length) {
            return Err(std::io::Error::other("a frame of impossible length"));
        }
        if from.len() < length {
            from.reserve(length - from.len());
            return Ok(None);
        }
        let (id, status, sequence) = (head.get_u32(), head.get_u32(), head.get_u32());
        let mut frame = from.split_to(length);
        frame.advance(4);
        let read = <Command as DecodeWithLength>::decode(&mut frame, length - 4);
        let garbled = read.is_err();
        let pdu = read.ok().and_then(|(command, _)| command.pdu().cloned());
        Ok(Some(Frame { id, status, sequence, pdu, garbled }))
    }
}

impl Encoder<Command> for Frames {
    type Error = std::io::Error;

    fn encode(&mut self, command: Command, to: &mut BytesMut) -> Result<(), std::io::Error> {
        let length = 4 + command.length();
        to.reserve(length);
        to.put_u32(u32::try_from(length).map_err(std::io::Error::other)?);
        command.encode(to);
        Ok(())
    }
}

/// A request or answer of ours.
pub(super) fn command(status: u32, sequence: u32, pdu: Pdu) -> Command {
    Command::new(CommandStatus::from(status), sequence, pdu)
}
