//! How much one import may ask for.

/// Limits of an import. Together they bound its memory, whatever the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportLimits {
    /// Longest record, in bytes: a line, or the lines that a quoted cell spans.
    pub line_bytes: usize,
    /// Most columns.
    pub columns: usize,
    /// Longest cell, in bytes.
    pub cell_bytes: usize,
    /// How many rejected lines are listed; all are counted.
    pub rejects: usize,
    /// Lines stored in one transaction. Each waits for the disk once, and writes each page that it touches once: the more
    /// lines, the less is written; but whoever else wants to write waits for it, some tenths of a second.
    pub chunk: usize,
    /// Size of the people stored in one transaction, in bytes of their encoded records; ends a chunk before it is full where
    /// lines are long.
    pub chunk_bytes: usize,
}

impl Default for ImportLimits {
    fn default() -> Self {
        Self {
            line_bytes: 64 * 1024,
            columns: 200,
            cell_bytes: 8 * 1024,
            rejects: 1000,
            chunk: 16_000,
            chunk_bytes: 8 * 1024 * 1024,
        }
    }
}
