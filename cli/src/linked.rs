//! The plugins that this program contains. A crate that nobody names is dropped by the linker.

#[cfg(feature = "detect-node")]
use dugout_detect_node as _;
#[cfg(feature = "detect-rust")]
use dugout_detect_rust as _;

#[cfg(test)]
mod tests {
    /// One for every feature that links a plugin.
    const EXPECTED: &[&str] = &[
        #[cfg(feature = "detect-node")]
        "detect-node",
        #[cfg(feature = "detect-rust")]
        "detect-rust",
    ];

    #[test]
    fn every_feature_links_its_plugin() {
        let registry = dugout_host::Registry::scan(&dugout_host::Environment::default());
        let linked: Vec<&str> = registry.records().iter().map(|record| record.id()).collect();
        assert_eq!(linked, EXPECTED);
    }
}
