//! The desk that these tests play is one that Amazon's own client library takes keys from.

use candour::domain::clock::Millis;
use serde_json::{Value, json};

use crate::support::process::run;
use crate::support::python;
use crate::support::role_desk::{RoleDesk, keys};

const CLIENT: &str = "
import json, sys
from botocore.credentials import ContainerProvider, InstanceMetadataProvider
from botocore.utils import InstanceMetadataFetcher
fetcher = InstanceMetadataFetcher(timeout=10, num_attempts=1, base_url=sys.argv[1] + '/', user_agent='test')
machine = InstanceMetadataProvider(iam_role_fetcher=fetcher).load().get_frozen_credentials()
set = {'AWS_CONTAINER_CREDENTIALS_FULL_URI': sys.argv[2], 'AWS_CONTAINER_AUTHORIZATION_TOKEN': 'the text'}
container = ContainerProvider(environ=set).load().get_frozen_credentials()
print(json.dumps([[c.access_key, c.secret_key, c.token] for c in (machine, container)]))
";

#[tokio::test(flavor = "multi_thread")]
async fn it_takes_keys_from_both_places() {
    // 2100-01-01
    let desk = RoleDesk::handing(keys("ASIAEXAMPLE", "secret", "session", Millis(4_102_444_800_000))).await;
    desk.wants("the text");
    let mut client = python::python();
    client.args(["-c", CLIENT, &desk.url, &desk.container()]);
    let printed = tokio::task::spawn_blocking(move || run(&mut client)).await.unwrap();
    let got: Value = serde_json::from_str(printed.trim()).unwrap();
    assert_eq!(got, json!([["ASIAEXAMPLE", "secret", "session"], ["ASIAEXAMPLE", "secret", "session"]]));
}
