//! A Postfix of the test's own, with Dovecot for logins and smtp-sink behind it. Needs root, as Postfix does.
//!
//! Listens for submission with STARTTLS and with implicit TLS, both with login; hands mail on to sinks that keep it:
//! `example.org` (only those listed are known there), `refusing.example` (its host refuses every recipient), and the
//! bounce domain.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use candour::config::Secret;
use candour::providers::smtp::{SmtpSettings, SmtpTls};
use tempfile::TempDir;

use super::certificates;
use super::process::{Running, free_port, run, wait_until};

/// The login that works.
pub const USER: (&str, &str) = ("candour", "a password of the test's");
/// The domain bounces go to.
pub const BOUNCES: &str = "bounces.test";
/// Largest message it takes, in octets.
pub const SIZE: usize = 20_000;

/// A running Postfix.
pub struct Postfix {
    /// Port for STARTTLS.
    pub starttls: u16,
    /// Port for implicit TLS.
    pub implicit: u16,
    directory: TempDir,
    _helpers: Vec<Running>,
}

impl Postfix {
    /// Starts everything.
    pub fn start() -> Self {
        Self::with_bounces_to(None)
    }

    /// The same; bounces go by that transport, by LMTP, and to that one address, whatever address the message was sent from.
    pub fn with_all_bounces_to(address: &str, door: String) -> Self {
        let one = format!("lmtp_generic_maps = inline:{{ {{@{BOUNCES} = {address}}} }}\n");
        Self::configured(Some(door), &one)
    }

    /// The same; bounces go by that transport of Postfix's, where one is given.
    pub fn with_bounces_to(door: Option<String>) -> Self {
        Self::configured(door, "")
    }

    fn configured(door: Option<String>, more: &str) -> Self {
        for program in ["postfix", "dovecot", "smtp-sink"] {
            let found =
                ["/usr/sbin", "/usr/bin", "/usr/local/sbin"].iter().any(|d| Path::new(d).join(program).exists());
            assert!(found, "{program} is missing: apt-get install postfix dovecot-core");
        }
        let directory = TempDir::new().unwrap();
        let root = directory.path();
        // Postfix's processes run as its own user and must get through to their queue.
        fs::set_permissions(root, fs::Permissions::from_mode(0o755)).unwrap();
        for name in ["etc", "queue", "queue/private", "data", "dovecot", "kept", "bounced"] {
            fs::create_dir(root.join(name)).unwrap();
        }
        certificates::write(&root.join("etc"));
        let [starttls, implicit, kept, refusing, bounced] = [(); 5].map(|()| free_port());
        let to_sink = || format!("smtp:[127.0.0.1]:{bounced}");
        let route = door.unwrap_or_else(to_sink);
        fs::write(root.join("etc/main.cf"), main_cf(root, kept, refusing, &route) + more).unwrap();
        fs::write(root.join("etc/master.cf"), master_cf(starttls, implicit)).unwrap();
        let owned = ["data", "kept", "bounced", "queue/private"].map(|name| root.join(name));
        run(Command::new("chown").arg("postfix").args(owned));
        let mut helpers = vec![
            sink(kept, &["-d", &format!("{}/%M.", root.join("kept").display())]),
            sink(refusing, &["-f", "RCPT", "-B", "550 5.1.1 No such user here"]),
            sink(bounced, &["-d", &format!("{}/%M.", root.join("bounced").display())]),
            dovecot(root),
        ];
        let mut postfix = Command::new("postfix");
        postfix.arg("-c").arg(root.join("etc")).arg("start-fg");
        helpers.push(Running::listening(&mut postfix, starttls));
        Self { starttls, implicit, directory, _helpers: helpers }
    }

    /// Settings of a relay here, with STARTTLS, the right login and the right authority.
    pub fn settings(&self) -> SmtpSettings {
        SmtpSettings {
            host: String::from("localhost"),
            port: self.starttls,
            tls: SmtpTls::Starttls,
            ca_file: Some(self.authority()),
            hello_name: None,
            username: Some(USER.0.to_owned()),
            password: Some(Secret::new(USER.1)),
            from: String::from("Datenschutz bei Müller & Söhne <notices@sender.example>"),
            reply_to: Some(String::from("help@sender.example")),
            domain: Some(BOUNCES.to_owned()),
            bounce_secret: Some(Secret::new("the secret of the bounce addresses")),
            previous_bounce_secrets: Vec::new(),
            dkim: None,
            messages_per_connection: 100,
        }
    }

    /// The same settings as a table of a configuration file.
    pub fn table(&self) -> String {
        let etc = self.directory.path().join("etc");
        fs::write(etc.join("password"), USER.1).unwrap();
        fs::write(etc.join("bounce.secret"), "the secret of the bounce addresses").unwrap();
        format!(
            "[[providers]]\nkind = 'smtp'\nname = 'relay'\nhost = 'localhost'\nport = {}\ntls = 'starttls'\nca_file = '{}'\n\
             username = '{}'\npassword_file = '{}'\nfrom = 'notices@sender.example'\ndomain = '{BOUNCES}'\n\
             bounce_secret_file = '{}'\n",
            self.starttls,
            self.authority().display(),
            USER.0,
            etc.join("password").display(),
            etc.join("bounce.secret").display(),
        )
    }

    /// The certificate of the authority that its certificate is signed by.
    pub fn authority(&self) -> PathBuf {
        self.directory.path().join("etc/ca.pem")
    }

    /// Waits for that many messages to `example.org` and gives them, each with the sink's notes at its head.
    pub fn kept(&self, count: usize) -> Vec<String> {
        wait_for_files(&self.directory.path().join("kept"), count)
    }

    /// The same for mail to bounce addresses.
    pub fn bounced(&self, count: usize) -> Vec<String> {
        wait_for_files(&self.directory.path().join("bounced"), count)
    }

    /// How many conversations it has had, those that only looked whether it listens left out.
    pub fn conversations(&self) -> usize {
        let log = self.log();
        log.matches(": connect from").count() - log.matches("lost connection after CONNECT").count()
    }

    /// Its log.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("postfix.log")).unwrap_or_default()
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        // Nothing depends on how it ends; `abort` does not wait for what is in the queue.
        let _ = Command::new("postfix").arg("-c").arg(self.directory.path().join("etc")).arg("abort").output();
    }
}

fn wait_for_files(directory: &Path, count: usize) -> Vec<String> {
    // The sink makes a file when a message begins; it is whole when its notes name the end of the transaction, so we
    // wait for an empty line and for the size to rest between two looks.
    let read = || -> Vec<String> {
        let mut paths: Vec<_> = fs::read_dir(directory).unwrap().map(|e| e.unwrap().path()).collect();
        paths.sort();
        paths.iter().map(|p| fs::read_to_string(p).unwrap_or_default()).collect()
    };
    let mut last = Vec::new();
    wait_until("the messages have come", || {
        let now = read();
        let rests = now.len() >= count && now == last && now.iter().all(|m| m.contains("\n\n"));
        last = now;
        rests
    });
    last
}

fn sink(port: u16, options: &[&str]) -> Running {
    let mut command = Command::new("smtp-sink");
    command.args(["-u", "postfix"]).args(options).arg(format!("127.0.0.1:{port}")).arg("100");
    Running::listening(&mut command, port)
}

fn dovecot(root: &Path) -> Running {
    let home = root.join("dovecot");
    fs::write(home.join("users"), format!("{}:{{PLAIN}}{}\n", USER.0, USER.1)).unwrap();
    let socket = root.join("queue/private/auth");
    let text = format!(
        "base_dir = {home}/run\nstate_dir = {home}/state\nlog_path = {home}/log\nprotocols =\nssl = no\n\
         auth_mechanisms = plain login\ndisable_plaintext_auth = no\nauth_failure_delay = 0\n\
         passdb {{\n driver = passwd-file\n args = {home}/users\n}}\n\
         userdb {{\n driver = static\n args = uid=nobody gid=nogroup home=/tmp\n}}\n\
         service auth {{\n unix_listener {socket} {{\n mode = 0660\n user = postfix\n group = postfix\n }}\n}}\n\
         service stats {{\n unix_listener stats-writer {{\n mode = 0600\n }}\n}}\n",
        home = home.display(),
        socket = socket.display(),
    );
    let file = home.join("dovecot.conf");
    fs::write(&file, text).unwrap();
    let running = Running::until(
        Command::new("sh").arg("-c").arg(format!("echo up; exec dovecot -F -c {}", file.display())),
        "up",
    );
    wait_until("Dovecot takes logins", || socket.exists());
    running
}

fn main_cf(root: &Path, kept: u16, refusing: u16, bounces: &str) -> String {
    let root = root.display();
    format!(
        "compatibility_level = 3.6\nqueue_directory = {root}/queue\ndata_directory = {root}/data\n\
         setgid_group = postdrop\nmail_owner = postfix\nmyhostname = mail.test\nmydestination =\nlocal_transport = error:none\n\
         maillog_file = {root}/postfix.log\nmaillog_file_prefixes = /tmp, /var, {root}\n\
         inet_interfaces = loopback-only\ninet_protocols = ipv4\nsmtp_host_lookup = native\nsmtp_dns_support_level = disabled\n\
         alias_maps =\nalias_database =\nrecipient_delimiter = +\nmessage_size_limit = {SIZE}\nsmtputf8_enable = yes\n\
         relay_domains = example.org\nrelay_recipient_maps = inline:{{ {{ann@example.org = x}}, {{ben@example.org = x}}, {{later@example.org = x}} }}\n\
         smtpd_sasl_type = dovecot\nsmtpd_sasl_path = private/auth\nsmtpd_tls_auth_only = yes\nsmtpd_sasl_auth_enable = yes\n\
         smtpd_tls_cert_file = {root}/etc/cert.pem\nsmtpd_tls_key_file = {root}/etc/key.pem\n\
         smtpd_relay_restrictions = permit_sasl_authenticated, reject\n\
         smtpd_recipient_restrictions = reject_unlisted_recipient, check_recipient_access inline:{{ {{later@example.org = 451 4.7.1 Greylisted}} }}, permit_sasl_authenticated, reject\n\
         transport_maps = inline:{{ {{example.org = smtp:[127.0.0.1]:{kept}}}, {{refusing.example = smtp:[127.0.0.1]:{refusing}}}, {{{BOUNCES} = {bounces}}} }}\n"
    )
}

fn master_cf(starttls: u16, implicit: u16) -> String {
    format!(
        "127.0.0.1:{starttls} inet n - n - - smtpd -o smtpd_tls_security_level=encrypt\n\
         127.0.0.1:{implicit} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes\n\
         pickup unix n - n 60 1 pickup\ncleanup unix n - n - 0 cleanup\nqmgr unix n - n 300 1 qmgr\n\
         tlsmgr unix - - n 1000? 1 tlsmgr\nrewrite unix - - n - - trivial-rewrite\nbounce unix - - n - 0 bounce\n\
         defer unix - - n - 0 bounce\ntrace unix - - n - 0 bounce\nflush unix n - n 1000? 0 flush\n\
         proxymap unix - - n - - proxymap\nsmtp unix - - n - - smtp\nlmtp unix - - n - - lmtp\nrelay unix - - n - - smtp\nerror unix - - n - - error\n\
         retry unix - - n - - error\nanvil unix - - n - 1 anvil\nscache unix - - n - 1 scache\n\
         postlog unix-dgram n - n - 1 postlogd\n"
    )
}
