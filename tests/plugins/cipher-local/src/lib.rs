//! A cipher for tests. It gives no security: its key stands in its configuration.
//!
//! Keys are called `local:NAME`. `local:panic` makes every call panic, with the plaintext in the
//! panic's message.

use chacha20poly1305::{
    AeadCore, ChaCha20Poly1305, KeyInit, Nonce,
    aead::{Aead, OsRng, Payload},
};
use dugout_plugin_api::{
    Availability, CipherBackend, CipherInfo, Config, Context, ErrorCode, Host, KeyInfo,
    PluginError, Zeroizing, export_plugin,
};

const NONCE_LEN: usize = 12;

/// The cipher.
pub struct Local {
    cipher: ChaCha20Poly1305,
}

impl CipherBackend for Local {
    const INFO: CipherInfo = CipherInfo::new("local", "local")
        .summary("A cipher for tests (no security)")
        .key_patterns(&["local:*"])
        .plaintext_limit(4096);

    fn open(config: &Config, host: &Host) -> Result<Self, PluginError> {
        let key = config.get("key").filter(|key| key.len() == 32).ok_or_else(|| {
            PluginError::new(ErrorCode::INVALID_CONFIG, "expected a key of 32 characters")
        })?;
        tracing::info!(host = host.name(), "opened");
        Ok(Self { cipher: ChaCha20Poly1305::new(key.as_bytes().into()) })
    }

    fn check_key(&self, key: &str) -> Result<KeyInfo, PluginError> {
        match key.strip_prefix("local:") {
            Some(name) if !name.is_empty() => Ok(KeyInfo::new(key)),
            _ => Err(PluginError::new(ErrorCode::INVALID_KEY, "expected local:NAME")),
        }
    }

    fn available(&self) -> Result<Availability, PluginError> {
        Ok(Availability::available())
    }

    fn encrypt(
        &self,
        key: &str,
        plaintext: &[u8],
        context: &Context,
    ) -> Result<Vec<u8>, PluginError> {
        if key == "local:panic" {
            #[allow(clippy::panic, reason = "that is what it is for")]
            {
                panic!("the plaintext is {}", String::from_utf8_lossy(plaintext));
            }
        }
        let nonce = ChaCha20Poly1305::generate_nonce(&mut OsRng);
        let bound_to = binding(key, context);
        let payload = Payload { msg: plaintext, aad: &bound_to };
        let sealed = self.cipher.encrypt(&nonce, payload).map_err(|_| refused())?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    fn decrypt(
        &self,
        key: &str,
        ciphertext: &[u8],
        context: &Context,
    ) -> Result<Zeroizing<Vec<u8>>, PluginError> {
        let (nonce, sealed) = ciphertext.split_at_checked(NONCE_LEN).ok_or_else(refused)?;
        let bound_to = binding(key, context);
        let payload = Payload { msg: sealed, aad: &bound_to };
        let opened = self.cipher.decrypt(Nonce::from_slice(nonce), payload);
        opened.map(Zeroizing::new).map_err(|_| refused())
    }
}

fn binding(key: &str, context: &Context) -> Vec<u8> {
    [key.as_bytes(), &[0], &context.to_bytes()].concat()
}

fn refused() -> PluginError {
    PluginError::new(ErrorCode::WRONG_CONTEXT, "wrong key or context, or a changed ciphertext")
}

export_plugin! { cipher: Local }
