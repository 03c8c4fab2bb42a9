//! Many records' bytes in blocks of one size: nothing is copied because it must grow, and what one chunk leaves free the next
//! takes up again, however long the file.

use zeroize::Zeroize;

/// Size of a block; a record that does not fit into one has a larger one for itself.
const BLOCK: usize = 256 * 1024;
/// A record is written where so much is free. Most are far smaller.
const ROOM: usize = 16 * 1024;

/// The blocks.
#[derive(Default)]
pub(super) struct Blocks {
    blocks: Vec<Vec<u8>>,
    bytes: usize,
}

/// Where a record stands.
#[derive(Clone, Copy)]
pub(super) struct At {
    block: usize,
    start: usize,
    end: usize,
}

impl Blocks {
    /// Lets `write` put a record behind what its argument holds already.
    pub(super) fn push(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> At {
        let block = match self.blocks.last_mut() {
            Some(last) if last.capacity() - last.len() >= ROOM => last,
            _ => self.blocks.push_mut(Vec::with_capacity(BLOCK)),
        };
        let start = block.len();
        write(block);
        let end = block.len();
        self.bytes += end - start;
        At { block: self.blocks.len() - 1, start, end }
    }

    /// A record.
    pub(super) fn at(&self, at: At) -> &[u8] {
        &self.blocks[at.block][at.start..at.end]
    }

    /// How many bytes the records take.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Zeroize for Blocks {
    fn zeroize(&mut self) {
        self.blocks.zeroize();
        self.bytes = 0;
    }
}
