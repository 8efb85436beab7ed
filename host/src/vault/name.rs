//! The names of vaults, members and secrets, and which of them are refused.

use std::{fmt, str::FromStr};

use crate::error::{Error, ErrorKind, Result};

const MAX_NAME_LEN: usize = 64;
const MAX_SECRET_NAME_LEN: usize = 255;
const SECRET: &str = "secret name";

/// The name of a vault: `default` for `.dugout.toml`, otherwise `NAME` of `.dugout.NAME.toml`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VaultName(String);

impl VaultName {
    /// The name that stands for `.dugout.toml`.
    pub const DEFAULT: &str = "default";

    /// The vault's file.
    pub fn file_name(&self) -> String {
        match self.0.as_str() {
            Self::DEFAULT => ".dugout.toml".to_owned(),
            name => format!(".dugout.{name}.toml"),
        }
    }

    /// The name of the vault in a file of that name, if it can be one.
    pub fn from_file_name(file_name: &str) -> Option<Self> {
        if file_name == ".dugout.toml" {
            return Some(Self::default());
        }
        let name = file_name.strip_prefix(".dugout.")?.strip_suffix(".toml")?;
        // `.dugout.default.toml` would be a second file under the name of the first.
        name.parse().ok().filter(|name| *name != Self::default())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for VaultName {
    fn default() -> Self {
        Self(Self::DEFAULT.to_owned())
    }
}

impl FromStr for VaultName {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        check("vault name", name, |c| matches!(c, '_' | '-' | '.'))?;
        if matches!(name, "." | "..") {
            return Err(invalid("vault name", name, "is a folder"));
        }
        Ok(Self(name.to_owned()))
    }
}

impl fmt::Display for VaultName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Checks a member's name: it becomes a key in `[recipients]` and a file's name in requests.
///
/// # Errors
/// [`ErrorKind::InvalidLabel`].
pub fn check_member_name(name: &str) -> Result<()> {
    check("member name", name, |c| matches!(c, '_' | '-' | '.' | '@'))?;
    if name.starts_with('.') {
        return Err(invalid("member name", name, "begins with a dot"));
    }
    Ok(())
}

/// Checks a secret's name: letters, digits and underscores, not beginning with a digit, as POSIX
/// has it for variables.
///
/// # Errors
/// [`ErrorKind::InvalidName`].
pub fn check_secret_name(name: &str) -> Result<()> {
    let what = SECRET;
    if name.is_empty() {
        return Err(invalid(what, name, "is empty"));
    }
    if name.len() > MAX_SECRET_NAME_LEN {
        return Err(invalid(what, name, "is longer than 255 characters"));
    }
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(invalid(what, name, "begins with a digit"));
    }
    match name.chars().find(|c| !c.is_ascii_alphanumeric() && *c != '_') {
        Some(c) => Err(invalid(what, name, &format!("contains {c:?} (allowed: A-Z a-z 0-9 _)"))),
        None => Ok(()),
    }
}

fn check(what: &str, name: &str, also: impl Fn(char) -> bool) -> Result<()> {
    if name.is_empty() {
        return Err(invalid(what, name, "is empty"));
    }
    if name.len() > MAX_NAME_LEN {
        return Err(invalid(what, name, "is longer than 64 characters"));
    }
    match name.chars().find(|c| !c.is_ascii_alphanumeric() && !also(*c)) {
        Some(c) => Err(invalid(what, name, &format!("contains {c:?}"))),
        None => Ok(()),
    }
}

fn invalid(what: &str, name: &str, why: &str) -> Error {
    let shown: String = name.chars().take(MAX_NAME_LEN).collect();
    let kind = if what == SECRET { ErrorKind::InvalidName } else { ErrorKind::InvalidLabel };
    Error::new(kind, format!("invalid {what} {shown:?}: it {why}"))
}

/// Whether a variable of this name makes a program run other code, load other libraries or trust
/// somebody else.
///
/// Whoever can push can write a vault, so these are refused where a secret is stored and wherever
/// one is handed to a program.
pub fn is_dangerous(name: &str) -> bool {
    // Windows and npm do not distinguish case.
    let name = name.to_ascii_uppercase();
    DANGEROUS_NAMES.binary_search(&name.as_str()).is_ok()
        || DANGEROUS_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || (name.starts_with("CARGO_TARGET_")
            && ["_RUNNER", "_LINKER", "_RUSTFLAGS"].iter().any(|end| name.ends_with(end)))
}

/// Whole families: the dynamic linkers', dugout's own, exported shell functions and prompts, git's
/// configuration, make's flags and files, .NET's profilers.
const DANGEROUS_PREFIXES: &[&str] = &[
    "BASH_FUNC_",
    "CORECLR_",
    "COR_",
    "DUGOUT_",
    "DYLD_",
    "GIT_CONFIG",
    "LD_",
    "LUA_INIT",
    "MAKEF",
    "NPM_CONFIG_NODE_",
    "_RLD",
];

/// Sorted, for the binary search.
const DANGEROUS_NAMES: &[&str] = &[
    "ANSIBLE_CONFIG",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "BASHOPTS",
    "BASH_ENV",
    "BASH_LOADABLES_PATH",
    "BROWSER",
    "BUNDLE_GEMFILE",
    "BUN_OPTIONS",
    "CARGO_BUILD_RUSTC",
    "CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER",
    "CARGO_BUILD_RUSTC_WRAPPER",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_HOME",
    "CC",
    "CDPATH",
    "CLASSPATH",
    "COMSPEC",
    "COREPACK_HOME",
    "COREPACK_NPM_REGISTRY",
    "COREPACK_ROOT",
    "CURL_HOME",
    "CXX",
    "DENO_DIR",
    "DOCKER_CONFIG",
    "DOCKER_HOST",
    "DOTNET_STARTUP_HOOKS",
    "EDITOR",
    "ELIXIR_ERL_OPTIONS",
    "ENV",
    "ERL_AFLAGS",
    "ERL_FLAGS",
    "ERL_ZFLAGS",
    "EXINIT",
    "FPATH",
    "GCONV_PATH",
    "GEM_HOME",
    "GEM_PATH",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_ASKPASS",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_EDITOR",
    "GIT_EXEC_PATH",
    "GIT_EXTERNAL_DIFF",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PAGER",
    "GIT_PROXY_COMMAND",
    "GIT_SEQUENCE_EDITOR",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_TEMPLATE_DIR",
    "GIT_WORK_TREE",
    "GLIBC_TUNABLES",
    "GNUMAKEFLAGS",
    "GNUPGHOME",
    "GOBIN",
    "GOENV",
    "GOFLAGS",
    "GOPATH",
    "GOROOT",
    "GOTOOLCHAIN",
    "GRADLE_OPTS",
    "HOME",
    "HOST_CC",
    "IFS",
    "INPUTRC",
    "JAVA_OPTS",
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "JULIA_DEPOT_PATH",
    "JULIA_LOAD_PATH",
    "KUBECONFIG",
    "LESSCLOSE",
    "LESSOPEN",
    "LOCPATH",
    "MANPAGER",
    "MAVEN_OPTS",
    "MFLAGS",
    "MYVIMRC",
    "NLSPATH",
    "NODE_EXTRA_CA_CERTS",
    "NODE_OPTIONS",
    "NODE_PATH",
    "NODE_REPL_EXTERNAL_MODULE",
    "NODE_TLS_REJECT_UNAUTHORIZED",
    "NPM_CONFIG_GIT",
    "NPM_CONFIG_GLOBALCONFIG",
    "NPM_CONFIG_PREFIX",
    "NPM_CONFIG_SCRIPT_SHELL",
    "NPM_CONFIG_SHELL",
    "NPM_CONFIG_USERCONFIG",
    "OPENSSL_CONF",
    "OPENSSL_ENGINES",
    "OPENSSL_MODULES",
    "PAGER",
    "PATH",
    "PATHEXT",
    "PERL5DB",
    "PERL5LIB",
    "PERL5OPT",
    "PERLLIB",
    "PHPRC",
    "PHP_INI_SCAN_DIR",
    "PROMPT_COMMAND",
    "PS0",
    "PS1",
    "PS2",
    "PS4",
    "PSMODULEPATH",
    "PYTHONBREAKPOINT",
    "PYTHONEXECUTABLE",
    "PYTHONHOME",
    "PYTHONINSPECT",
    "PYTHONPATH",
    "PYTHONPLATLIBDIR",
    "PYTHONPYCACHEPREFIX",
    "PYTHONSTARTUP",
    "PYTHONUSERBASE",
    "PYTHONWARNINGS",
    "RIPGREP_CONFIG_PATH",
    "RUBYLIB",
    "RUBYOPT",
    "RUSTC",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTDOC",
    "RUSTFLAGS",
    "RUSTUP_TOOLCHAIN",
    "R_ENVIRON",
    "R_PROFILE",
    "R_PROFILE_USER",
    "SHELL",
    "SHELLOPTS",
    "SSH_ASKPASS",
    "SSH_AUTH_SOCK",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "SYSTEMROOT",
    "TARGET_CC",
    "TAR_OPTIONS",
    "TERMCAP",
    "TERMINFO",
    "TERMINFO_DIRS",
    "VIMINIT",
    "VISUAL",
    "WINDIR",
    "XDG_CONFIG_DIRS",
    "XDG_CONFIG_HOME",
    "XDG_DATA_DIRS",
    "XDG_DATA_HOME",
    "YARN_RC_FILENAME",
    "YARN_YARN_PATH",
    "ZDOTDIR",
    "_JAVA_OPTIONS",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_for_its_search() {
        assert!(DANGEROUS_NAMES.is_sorted());
    }

    #[test]
    fn names_that_run_code_are_dangerous_in_any_case() {
        for name in [
            "PATH",
            "Path",
            "LD_PRELOAD",
            "DYLD_INSERT_LIBRARIES",
            "BASH_ENV",
            "NODE_OPTIONS",
            "PYTHONSTARTUP",
            "GIT_SSH_COMMAND",
            "GIT_CONFIG_COUNT",
            "DUGOUT_IDENTITY",
            "npm_config_script_shell",
            "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER",
            "MAKEFLAGS",
            "GIT_DIR",
            "PS1",
        ] {
            assert!(is_dangerous(name), "{name}");
        }
    }

    #[test]
    fn names_of_ordinary_secrets_are_not() {
        for name in [
            "DATABASE_URL",
            "API_KEY",
            "NPM_TOKEN",
            "CARGO_REGISTRY_TOKEN",
            "PIP_INDEX_URL",
            "AWS_SECRET_ACCESS_KEY",
            "GIT_TOKEN",
            "NODE_ENV",
            "PORT",
            "LDAP_PASSWORD",
            "ENVIRONMENT",
            "PYTHON_API_KEY",
            "PS1_TOKEN",
        ] {
            assert!(!is_dangerous(name), "{name}");
        }
    }

    #[test]
    fn secret_names_are_variable_names() {
        for good in ["A", "_x1", "DATABASE_URL", "lower"] {
            check_secret_name(good).unwrap();
        }
        for bad in ["", "1A", "A-B", "A B", "É", "A=B", "A\u{1b}[31m"] {
            assert_eq!(check_secret_name(bad).unwrap_err().kind(), ErrorKind::InvalidName);
        }
    }

    #[test]
    fn vault_names_become_no_paths() {
        assert_eq!(VaultName::default().file_name(), ".dugout.toml");
        assert_eq!("prod".parse::<VaultName>().unwrap().file_name(), ".dugout.prod.toml");
        for bad in ["", ".", "..", "a/b", "a\\b", &"x".repeat(65)] {
            assert!(bad.parse::<VaultName>().is_err(), "{bad}");
        }
        let from = VaultName::from_file_name;
        assert_eq!(from(".dugout.toml"), Some(VaultName::default()));
        assert_eq!(from(".dugout.prod.toml").unwrap().as_str(), "prod");
        assert_eq!(from(".dugout.default.toml"), None);
        assert_eq!(from(".dugout..toml"), None);
        assert_eq!(from("Cargo.toml"), None);
    }

    #[test]
    fn member_names_are_file_names() {
        for good in ["alice", "a.b@c-d_e", "X"] {
            check_member_name(good).unwrap();
        }
        for bad in ["", ".hidden", "a/b", "a b", "ä", &"x".repeat(65)] {
            assert!(check_member_name(bad).is_err(), "{bad}");
        }
    }
}
