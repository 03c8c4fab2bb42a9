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
    /// People stored in one transaction.
    pub chunk: usize,
    /// Text of the people stored in one transaction, in bytes; ends a chunk before it is full where lines are long.
    pub chunk_bytes: usize,
}

impl Default for ImportLimits {
    fn default() -> Self {
        Self {
            line_bytes: 64 * 1024,
            columns: 200,
            cell_bytes: 8 * 1024,
            rejects: 1000,
            chunk: 2000,
            chunk_bytes: 4 * 1024 * 1024,
        }
    }
}
