//! A real gateway, Kannel, in front of an SMSC.

use std::process::Command;

use tempfile::TempDir;

use super::process::{Running, free_port};

/// A running Kannel.
pub struct Kannel {
    /// Where sendsms is.
    pub url: String,
    _smsbox: Running,
    _bearerbox: Running,
    _directory: TempDir,
}

impl Kannel {
    /// Starts it, bound to the SMSC on that port.
    pub fn before(smsc: u16) -> Self {
        let (admin, boxes, sendsms) = (free_port(), free_port(), free_port());
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("kannel.conf");
        let settings = format!(
            "group = core\nadmin-port = {admin}\nadmin-password = x\nadmin-interface = 127.0.0.1\nsmsbox-port = {boxes}\n\
             smsbox-interface = 127.0.0.1\nbox-allow-ip = 127.0.0.1\ndlr-storage = internal\n\n\
             group = smsc\nsmsc = smpp\nsmsc-id = test\nhost = 127.0.0.1\nport = {smsc}\ntransceiver-mode = true\n\
             smsc-username = candour\nsmsc-password = secret\nsystem-type = test\n\n\
             group = smsbox\nbearerbox-host = 127.0.0.1\nsendsms-port = {sendsms}\nsendsms-interface = 127.0.0.1\n\n\
             group = sendsms-user\nusername = candour\npassword = hush\n"
        );
        std::fs::write(&file, settings).unwrap();
        let start = |program: &str, port: u16| {
            let path = format!("/usr/sbin/{program}");
            assert!(std::path::Path::new(&path).exists(), "{path} is missing: install kannel, or run ./tests/run");
            Running::listening(Command::new(path).arg("-v").arg("4").arg(&file).current_dir(directory.path()), port)
        };
        let bearerbox = start("bearerbox", boxes);
        let smsbox = start("smsbox", sendsms);
        let url = format!("http://127.0.0.1:{sendsms}/cgi-bin/sendsms");
        Self { url, _smsbox: smsbox, _bearerbox: bearerbox, _directory: directory }
    }
}
