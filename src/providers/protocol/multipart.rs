//! A form with a file in it (`multipart/form-data`, RFC 7578).

/// A form, written part by part.
pub(in crate::providers) struct Multipart {
    boundary: String,
    body: Vec<u8>,
}

impl Multipart {
    /// An empty form; `unique` stands in no part, as an identifier of ours does.
    pub(in crate::providers) fn new(unique: &str) -> Self {
        Self { boundary: format!("candour-{unique}"), body: Vec::new() }
    }

    /// Adds a field.
    pub(in crate::providers) fn field(&mut self, name: &str, value: &str) {
        self.head(name, "");
        self.body.extend_from_slice(value.as_bytes());
        self.body.extend_from_slice(b"\r\n");
    }

    /// Adds a file.
    pub(in crate::providers) fn file(&mut self, name: &str, file_name: &str, content_type: &str, bytes: &[u8]) {
        self.head(name, &format!("; filename=\"{file_name}\"\r\nContent-Type: {content_type}"));
        self.body.extend_from_slice(bytes);
        self.body.extend_from_slice(b"\r\n");
    }

    fn head(&mut self, name: &str, rest: &str) {
        let head = format!("--{}\r\nContent-Disposition: form-data; name=\"{name}\"{rest}\r\n\r\n", self.boundary);
        self.body.extend_from_slice(head.as_bytes());
    }

    /// The content type and the body.
    pub(in crate::providers) fn finish(mut self) -> (String, Vec<u8>) {
        self.body.extend_from_slice(format!("--{}--\r\n", self.boundary).as_bytes());
        (format!("multipart/form-data; boundary={}", self.boundary), self.body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_stand_between_boundaries() {
        let mut form = Multipart::new("1");
        form.field("to[name]", "Ann");
        form.file("file", "a.pdf", "application/pdf", b"%PDF");
        let (content_type, body) = form.finish();
        assert_eq!(content_type, "multipart/form-data; boundary=candour-1");
        let expected = "--candour-1\r\nContent-Disposition: form-data; name=\"to[name]\"\r\n\r\nAnn\r\n--candour-1\r\n\
                        Content-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\nContent-Type: application/pdf\
                        \r\n\r\n%PDF\r\n--candour-1--\r\n";
        assert_eq!(String::from_utf8(body).unwrap(), expected);
    }
}
