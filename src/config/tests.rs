use super::*;
use crate::domain::attempt::ChannelPolicy;
use crate::domain::channel::Channel;

fn load(file: &str, env: &[(&str, &str)], flags: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("candour.toml");
    std::fs::write(&path, file).unwrap();
    let env = env.iter().map(|(name, value)| (name.into(), value.into()));
    let flags: Vec<_> = flags.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
    Config::load(Some(&path), env, &flags)
}

fn refusal(file: &str, env: &[(&str, &str)]) -> String {
    load(file, env, &[]).expect_err("refused").to_string()
}

const RELAY: &str = r#"
[[providers]]
kind = "smtp"
name = "main-relay"
host = "smtp.example.org"
port = 465
tls = "implicit"
username = "candour"
from = "Example Org <incident@example.org>"
"#;

#[test]
fn the_defaults_alone_are_a_configuration_and_say_what_the_domain_says() {
    let config = Config::load(None, std::iter::empty(), &[]).unwrap();
    assert_eq!(config.http.listen.port(), 8080);
    assert_eq!(config.store.url.expose(), "sqlite:candour.db");
    assert!(config.providers.is_empty() && config.keys.master_key.is_none());
    assert_eq!(config.delivery.policy(Channel::Email), ChannelPolicy::standard(Channel::Email));
}

#[test]
fn file_then_environment_then_flag() {
    let file = "[http]\nlisten = '0.0.0.0:1'\nmax_body_bytes = 70000\nrequest_timeout_seconds = 5\n";
    let env = [("CANDOUR_HTTP__LISTEN", "0.0.0.0:2"), ("CANDOUR_HTTP__REQUEST_TIMEOUT_SECONDS", "6"), ("HOME", "/")];
    let config = load(file, &env, &[("http.listen", "0.0.0.0:3")]).unwrap();
    let http = (config.http.listen.port(), config.http.request_timeout_seconds, config.http.max_body_bytes);
    assert_eq!(http, (3, 6, 70_000));
    assert_eq!(config.delivery.batch, 1000, "what no source names keeps its default");
}

#[test]
fn an_unknown_key_is_named_with_the_nearest() {
    for (file, key, hint) in [
        ("[http]\nlisten_address = 'x'", "http.listen_address", ""),
        ("[http]\nlitsen = 'x'", "http.litsen", "http.listen"),
        ("public_url = 'x'", "public_url", "http.public_url"),
        ("[htpp]\nlisten = 'x'", "htpp", "http"),
        ("[delivery.email]\nmax_trys = 3", "delivery.email.max_trys", "delivery.email.max_tries"),
        (
            "[[providers]]\nkind = 'spool'\nname = 'out'\ndirectry = 'x'",
            "providers.out.directry",
            "providers.out.directory",
        ),
        ("[[providers]]\nkind = 'spool'\nname = 'out'\nhost = 'x'", "providers.out.host", ""),
    ] {
        let said = refusal(file, &[]);
        assert!(said.contains(&format!("`{key}`")), "{said}");
        assert!(hint.is_empty() || said.contains(&format!("did you mean `{hint}`?")), "{said}");
    }
    let said = refusal("", &[("CANDOUR_HTTP__LITSEN", "x")]);
    assert!(said.starts_with("CANDOUR_HTTP__LITSEN: ") && said.contains("`http.listen`"), "{said}");
    assert!(refusal("[[providers]]\nkind = 'smpt'", &[]).contains("one of smtp, ses, "));
}

#[test]
fn variables_with_our_start_that_are_no_keys_are_passed_over() {
    let of_kubernetes = [
        ("CANDOUR_SERVICE_HOST", "10.0.171.239"),
        ("CANDOUR_SERVICE_PORT", "8080"),
        ("CANDOUR_SERVICE_PORT_HTTP", "8080"),
        ("CANDOUR_PORT", "tcp://10.0.171.239:8080"),
        ("CANDOUR_PORT_8080_TCP", "tcp://10.0.171.239:8080"),
        ("CANDOUR_PORT_8080_TCP_PROTO", "tcp"),
        ("CANDOUR_PORT_8080_TCP_PORT", "8080"),
        ("CANDOUR_PORT_8080_TCP_ADDR", "10.0.171.239"),
        ("CANDOUR_WORKER_SERVICE_HOST", "10.0.171.240"),
        ("CANDOUR_WORKER_PORT", "udp://10.0.171.240:53"),
    ];
    let of_watch = [("CANDOUR_URL", "http://127.0.0.1:8080"), ("CANDOUR_API_KEY", "x"), ("CANDOUR_CONFIG", "x")];
    for variable in of_kubernetes.into_iter().chain(of_watch) {
        assert!(load("", &[variable], &[]).is_ok(), "{variable:?}");
    }
    for misspelt in [
        ("CANDOUR_HTTP_LISTEN", "127.0.0.1:1"),
        ("CANDOUR_BOUNCES_MAILBOX_PORT", "993"),
        ("CANDOUR_PORT_NUMBER", "1"),
        ("CANDOUR_KEYS__SERVICE_HOST", "x"),
        ("CANDOUR_API_KEYS", "x"),
    ] {
        assert!(refusal("", &[misspelt]).starts_with(misspelt.0), "{misspelt:?}");
    }
}

#[cfg(unix)]
#[test]
fn what_is_not_text_is_named_without_its_value_where_it_is_ours() {
    use std::os::unix::ffi::OsStringExt;
    let secret = || OsString::from_vec(b"hunter\xff2".to_vec());
    let load = |name: OsString| Config::load(None, std::iter::once((name, secret())), &[]);
    let error = load("CANDOUR_KEYS__MASTER_KEY".into()).expect_err("refused");
    assert_eq!(error.to_string(), "CANDOUR_KEYS__MASTER_KEY: its value is not UTF-8");
    assert!(!format!("{error:?}").contains("hunter"), "{error:?}");
    for foreign in ["LESSOPEN".into(), secret()] {
        assert!(load(foreign).is_ok());
    }
}

#[test]
fn a_wrong_type_or_value_is_named() {
    assert!(refusal("[http]\nlisten = 8080", &[]).contains("`http.listen` must be text in quotes, not a whole number"));
    assert!(refusal("", &[("CANDOUR_DELIVERY__BATCH", "many")]).contains("`delivery.batch` must be a whole number"));
    assert!(refusal("[delivery.sms]\nunknown = 'maybe'", &[]).contains("maybe"));
    let said = refusal("[[providers]]\nkind = 'spool'\nname = 'out'\nprice = '0.5'", &[]);
    assert!(said.contains("provider out: a price is a decimal"), "{said}");
    let said = refusal("[http]\nlisten = \"127.0.0.1:1\nsecret", &[]);
    assert!(said.contains("at line ") && !said.contains("secret"), "{said}");
}

#[test]
fn a_provider_is_addressed_by_its_name() {
    let config = load(RELAY, &[("CANDOUR_PROVIDERS__MAIN_RELAY__PASSWORD", "hunter2")], &[]).unwrap();
    assert_eq!(config.providers[0].read::<toml::Table>().unwrap()["password"].as_str(), Some("hunter2"));
    assert!(!format!("{config:?}").contains("hunter2"), "a secret never prints");
    assert!(refusal(RELAY, &[("CANDOUR_PROVIDERS__OTHER__PASSWORD", "x")]).contains("no provider is named other"));
}

#[test]
fn secrets_come_from_their_own_files_and_not_from_this_one() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("password");
    std::fs::write(&file, "hunter2\n").unwrap();
    let text = format!("{RELAY}password_file = '{0}'\nprevious_bounce_secret_files = ['{0}']", file.display());
    let config = load(&text, &[], &[]).unwrap();
    assert_eq!(config.providers[0].read::<toml::Table>().unwrap()["password"].as_str(), Some("hunter2"));

    let own: toml::Table = config.providers[0].read().unwrap();
    assert_eq!(own["previous_bounce_secrets"].as_array().unwrap()[0].as_str(), Some("hunter2"));

    let named = format!(
        "[[providers]]\nkind = 'http'\nname = 'p'\ndefinition = 'x'\nsettings = {{ a = 'b' }}\nsecrets = {{ key_file = '{}' }}",
        file.display()
    );
    let env = [("CANDOUR_PROVIDERS__P__SECRETS__OTHER", "hunter3")];
    let own: toml::Table = load(&named, &env, &[]).unwrap().providers[0].read().unwrap();
    assert_eq!(own["secrets"].to_string(), r#"{ key = "hunter2", other = "hunter3" }"#);
    assert!(refusal(&named.replace("key_file", "key"), &[]).contains("`providers.p.secrets.key` is a secret"));

    let said = refusal(&format!("{RELAY}password = 'hunter2'"), &[]);
    assert!(said.contains("`providers.main-relay.password` is a secret") && !said.contains("hunter2"), "{said}");
    assert!(refusal("[keys]\nmaster_key = 'x'", &[]).contains("master_key_file"));
    assert!(refusal("[keys]\nmaster_key_file = '/nonexistent'", &[]).contains("/nonexistent"));
    std::fs::write(&file, "\n").unwrap();
    assert!(refusal(&text, &[]).contains("is empty"));
}

#[test]
fn contradictions_are_told_together_with_their_remedies() {
    let file = format!(
        "[http]\npublic_url = 'http://notify.example.org/x'\n[delivery]\nlease_seconds = 45\n[delivery.letter]\n\
         unknown = 'repeat'\n{RELAY}rate = 0\n\
         [[providers]]\nkind = 'spool'\nname = 'main-relay'\nconcurrency = 0\ndirectory = 'x'\nchannel = 'sms'"
    );
    let ConfigError::Invalid(problems) = load(&file, &[], &[]).unwrap_err() else { panic!("problems") };
    let keys: Vec<_> = problems.iter().map(|p| p.key.as_str()).collect();
    for key in [
        "http.public_url",
        "delivery.lease_seconds",
        "delivery.letter.unknown",
        "providers.main-relay.rate",
        "providers.main-relay.concurrency",
        "providers.main-relay.name",
    ] {
        assert!(keys.contains(&key), "{key} is missing in {keys:?}");
    }
}

#[test]
fn what_amazon_tells_a_container_fills_what_a_provider_with_its_role_leaves_open() {
    let file = "[[providers]]\nkind = 'sns'\nname = 'texts'\nregion = 'eu-west-1'\ncredentials = 'container'\n";
    let read = |file: &str, env: &[(&str, &str)]| {
        let config = load(file, env, &[]).unwrap();
        let own: toml::Table = config.providers[0].read().unwrap();
        let text = |key: &str| own.get(key).and_then(toml::Value::as_str).map(str::to_owned);
        (text("container_url"), text("container_token"), text("container_token_path"))
    };
    let some = |text: &str| Some(String::from(text));
    let ecs = [("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x")];
    assert_eq!(read(file, &ecs), (some("http://169.254.170.2/v2/x"), None, None));
    let url = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1/credentials");
    let eks =
        [url, ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/run/token"), ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "t")];
    assert_eq!(read(file, &eks), (some(url.1), None, some("/run/token")));
    assert_eq!(read(file, &[url, eks[2]]), (some(url.1), some("t"), None));
    let named = format!("{file}container_url = 'http://127.0.0.1/y'");
    assert_eq!(read(&named, &eks), (some("http://127.0.0.1/y"), None, None), "what is written stands");
    let other = file.replace("container", "instance");
    assert_eq!(read(&other, &eks), (None, None, None));
}
