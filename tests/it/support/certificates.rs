//! Certificates for servers on this machine, by an authority of the test's own.

use std::fs;
use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};

/// Writes `ca.pem`, `cert.pem` and `key.pem` into a directory: the server is `localhost` and `127.0.0.1`.
pub fn write(directory: &Path) {
    write_for(directory, &["localhost", "127.0.0.1"], 4000);
}

/// The same for a server of other names, with a certificate that is good until the beginning of a year.
pub fn write_for(directory: &Path, names: &[&str], until: i32) {
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::<String>::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = authority.self_signed(&authority_key).unwrap();
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().unwrap();
    let names = names.iter().copied().map(String::from).collect::<Vec<_>>();
    let mut leaf = CertificateParams::new(names).unwrap();
    leaf.not_after = date_time_ymd(until, 1, 1);
    let leaf = leaf.signed_by(&key, &issuer).unwrap();
    fs::write(directory.join("ca.pem"), certificate.pem()).unwrap();
    fs::write(directory.join("cert.pem"), leaf.pem()).unwrap();
    fs::write(directory.join("key.pem"), key.serialize_pem()).unwrap();
}
