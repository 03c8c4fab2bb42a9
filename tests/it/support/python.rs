//! The Python packages that tests ask, installed in the virtual environment that `TEST_PYTHON` names.

use std::path::PathBuf;
use std::process::Command;

/// A file of the virtual environment.
pub fn file(path: &str) -> PathBuf {
    let hint = "run ./tests/run, or make a virtual environment with the packages of python_packages in tests/run and name it in \
                TEST_PYTHON";
    let directory = std::env::var_os("TEST_PYTHON").unwrap_or_else(|| panic!("TEST_PYTHON is not set: {hint}"));
    let file = PathBuf::from(directory).join(path);
    assert!(file.exists(), "{} is missing: {hint}", file.display());
    file
}

/// A `python` with the packages in reach.
pub fn python() -> Command {
    let mut command = Command::new(file("bin/python"));
    command.env("PYTHONWARNINGS", "ignore").env_remove("PYTHONPATH");
    command
}
