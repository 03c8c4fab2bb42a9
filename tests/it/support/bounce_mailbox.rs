//! A Dovecot of the test's own: one mailbox that everything delivered by LMTP lands in, read by IMAP under TLS. Needs root.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::certificates;
use super::process::{Running, free_port, run};

/// The login that works.
pub const LOGIN: (&str, &str) = ("bounces", "a-password-of-the-mailbox");

/// A running Dovecot.
pub struct BounceMailbox {
    /// Port for IMAP under TLS from its first byte.
    pub imaps: u16,
    /// Port for IMAP with STARTTLS.
    pub imap: u16,
    /// Port for LMTP.
    pub lmtp: u16,
    directory: TempDir,
    running: Option<Running>,
}

impl BounceMailbox {
    /// Starts it.
    pub fn start() -> Self {
        Self::configured("", "")
    }

    /// Starts one that offers no more than every server does, and writes down what it is told.
    pub fn of_a_bare_server() -> Self {
        Self::configured("protocol imap {\n imap_capability = IMAP4rev1\n rawlog_dir = {root}/told\n}\n", "")
    }

    /// Starts one that takes tokens, too, of which it asks at an address that the token is appended to.
    pub fn of_tokens(asked_at: &str) -> Self {
        let more = "auth_mechanisms = plain login xoauth2\n\
                    passdb {\n driver = oauth2\n mechanisms = xoauth2\n args = {root}/oauth2.conf\n}\n";
        Self::configured(more, &format!("tokeninfo_url = {asked_at}\nusername_attribute = email\n"))
    }

    fn configured(more: &str, oauth: &str) -> Self {
        for program in ["imap", "lmtp"] {
            let found = Path::new("/usr/lib/dovecot").join(program).exists();
            assert!(found, "Dovecot's {program} is missing: apt-get install dovecot-imapd dovecot-lmtpd");
        }
        let directory = TempDir::new().unwrap();
        let root = directory.path();
        fs::set_permissions(root, fs::Permissions::from_mode(0o755)).unwrap();
        for folder in [
            "mail",
            "mail/cur",
            "mail/new",
            "mail/tmp",
            "mail/.Taken",
            "mail/.Taken/cur",
            "mail/.Taken/new",
            "mail/.Taken/tmp",
            "told",
        ] {
            fs::create_dir(root.join(folder)).unwrap();
        }
        certificates::write(root);
        let [imaps, imap, lmtp] = [(); 3].map(|()| free_port());
        fs::write(root.join("oauth2.conf"), oauth).unwrap();
        let more = more.replace("{root}", &root.display().to_string());
        fs::write(root.join("dovecot.conf"), configuration(root, imaps, imap, lmtp) + &more).unwrap();
        run(Command::new("chown").args(["-R", "postfix"]).args([root.join("mail"), root.join("told")]));
        let mut this = Self { imaps, imap, lmtp, directory, running: None };
        this.up();
        this
    }

    /// Goes away.
    pub fn down(&mut self) {
        self.running = None;
    }

    /// Comes back, on the same ports.
    pub fn up(&mut self) {
        let file = self.directory.path().join("dovecot.conf");
        self.running = Some(Running::listening(Command::new("dovecot").arg("-F").arg("-c").arg(file), self.imaps));
    }

    /// The table of a configuration file.
    pub fn table(&self, more: &str) -> String {
        let password = self.directory.path().join("password");
        if !password.exists() {
            fs::write(&password, LOGIN.1).unwrap();
        }
        format!(
            "[bounces.mailbox]\nhost = 'localhost'\nport = {}\nca_file = '{}'\nusername = '{}'\npassword_file = '{}'\n{more}",
            self.imaps,
            self.directory.path().join("ca.pem").display(),
            LOGIN.0,
            password.display()
        )
    }

    /// The file of the password, to be read at the next start.
    pub fn password_file(&self) -> PathBuf {
        self.directory.path().join("password")
    }

    /// What lies in a folder, the inbox when it has no name.
    pub fn messages(&self, folder: &str) -> Vec<String> {
        let place = if folder.is_empty() { String::from("mail") } else { format!("mail/.{folder}") };
        let files = ["new", "cur"].into_iter().flat_map(|part| {
            fs::read_dir(self.directory.path().join(&place).join(part)).unwrap().map(|entry| entry.unwrap().path())
        });
        files.map(|file| fs::read_to_string(file).unwrap_or_default()).collect()
    }

    /// Names of the files of the inbox: their flags stand at the end.
    pub fn flags(&self) -> Vec<String> {
        let files = fs::read_dir(self.directory.path().join("mail/cur")).unwrap();
        let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().to_string_lossy().into_owned();
        files.map(name).filter_map(|name| Some(name.split_once(":2,")?.1.to_owned())).collect()
    }

    /// What a bare server was told, by all who logged in.
    pub fn told(&self) -> String {
        let files = fs::read_dir(self.directory.path().join("told")).unwrap().map(|entry| entry.unwrap().path());
        let told = files.filter(|file| file.extension().is_some_and(|end| end == "in"));
        told.map(|file| fs::read_to_string(file).unwrap_or_default()).collect()
    }

    /// Its log.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }
}

fn configuration(root: &Path, imaps: u16, imap: u16, lmtp: u16) -> String {
    let (user, password) = LOGIN;
    format!(
        "base_dir = {root}/run\nstate_dir = {root}/state\nlog_path = {root}/log\nprotocols = imap lmtp\n\
         ssl = yes\nssl_cert = <{root}/cert.pem\nssl_key = <{root}/key.pem\nauth_mechanisms = plain login\n\
         auth_failure_delay = 0\nrecipient_delimiter = +\nlmtp_hdr_delivery_address = original\nfirst_valid_uid = 1\n\
         mail_location = maildir:{root}/mail\nmail_uid = postfix\nmail_gid = postfix\n\
         passdb {{\n driver = static\n args = user={user} password={password}\n}}\n\
         userdb {{\n driver = static\n args = uid=postfix gid=postfix home={root}/mail allow_all_users=yes\n}}\n\
         service imap-login {{\n inet_listener imap {{\n address = 127.0.0.1\n port = {imap}\n }}\n\
         inet_listener imaps {{\n address = 127.0.0.1\n port = {imaps}\n ssl = yes\n }}\n}}\n\
         service lmtp {{\n inet_listener lmtp {{\n address = 127.0.0.1\n port = {lmtp}\n }}\n}}\n\
         service stats {{\n unix_listener stats-writer {{\n mode = 0666\n }}\n}}\n",
        root = root.display(),
    )
}
