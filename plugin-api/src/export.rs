//! From an author's safe trait to the functions and objects that cross the boundary.
//!
//! Nothing here is for authors to call: [`export_plugin!`](crate::export_plugin) does.

// The export macro's half that is not a macro.
#![allow(unsafe_code)]

use std::{marker::PhantomData, mem::ManuallyDrop};

use abi_stable::{
    erased_types::TD_Opaque,
    library::{CheckTypeLayout, LibHeader, RootModuleResult},
    prefix_type::WithMetadata,
    std_types::{ROption, RResult, RSlice, RStr, RString, RVec},
};

use crate::{
    abi::{
        CallResult, Cipher, Cipher_TO, CipherBox, CipherFacts, Detector, Detector_TO, DetectorBox,
        DetectorFacts, HostApiRef, PluginInfo, PluginKind, PluginMod, PluginModRef, ProjectRef,
    },
    cipher::{Availability, CipherBackend, Config, Context, KeyInfo, unsupported},
    detector::{Detection, ProjectDetector, ProjectView},
    guard::{self, Guard},
    host::{self, Host},
    log,
    secret::SecretBuf,
};

/// What the macro knows of the exporting crate.
pub trait Export: Sized + 'static {
    /// The crate's name, with underscores: the target of its log events.
    const CRATE_NAME: &'static str;
    /// The crate's version.
    const VERSION: &'static str;
    /// The plugin's functions.
    const MODULE: WithMetadata<PluginMod>;
    /// Catches the panics of this plugin alone.
    fn guard() -> &'static Guard;
}

/// A plugin that is linked into this program.
pub struct LinkedPlugin {
    module: fn() -> PluginModRef,
}

impl LinkedPlugin {
    /// Registers an export.
    pub const fn new<E: Export>() -> Self {
        Self { module: root_module::<E> }
    }

    /// The plugin's root module.
    pub fn module(&self) -> PluginModRef {
        (self.module)()
    }
}

inventory::collect!(LinkedPlugin);

/// All linked plugins, in no particular order.
pub fn linked_plugins() -> impl Iterator<Item = PluginModRef> {
    inventory::iter::<LinkedPlugin>.into_iter().map(LinkedPlugin::module)
}

fn root_module<E: Export>() -> PluginModRef {
    struct Holder<E>(PhantomData<E>);
    impl<E: Export> Holder<E> {
        const MODULE: &'static WithMetadata<PluginMod> = &E::MODULE;
    }
    PluginModRef(Holder::<E>::MODULE.static_as_prefix())
}

extern "C" fn construct_root<E: Export>() -> RootModuleResult {
    // The erased module is the transmuted `PluginModRef` that `LibHeader::from_constructor` asks
    // for; `IntoRootModuleResult` is what abi_stable's own export attribute uses.
    abi_stable::library::__call_root_module_loader(root_module::<E>)
}

/// The header that a host fetches by its symbol.
pub const fn root_header<E: Export>() -> LibHeader {
    // SAFETY: `construct_root` erases a `PluginModRef`, the type named here.
    unsafe {
        LibHeader::from_constructor::<PluginModRef>(construct_root::<E>, CheckTypeLayout::Yes)
    }
}

/// The functions of a crate that exports a cipher.
pub const fn cipher_module<E: Export, C: CipherBackend>() -> WithMetadata<PluginMod> {
    WithMetadata::new(PluginMod {
        info: cipher_info::<E, C>,
        init: init::<E>,
        open_cipher: open_cipher::<E, C>,
        open_detector: no_detector,
        call: no_call,
    })
}

/// The functions of a crate that exports a detector.
pub const fn detector_module<E: Export, D: ProjectDetector>() -> WithMetadata<PluginMod> {
    WithMetadata::new(PluginMod {
        info: detector_info::<E, D>,
        init: init::<E>,
        open_cipher: no_cipher,
        open_detector: open_detector::<E, D>,
        call: no_call,
    })
}

extern "C" fn cipher_info<E: Export, C: CipherBackend>() -> PluginInfo {
    let info = C::INFO;
    PluginInfo {
        id: info.id.into(),
        version: E::VERSION.into(),
        kind: PluginKind::CIPHER,
        summary: info.summary.into(),
        cipher: ROption::RSome(CipherFacts {
            provider: info.provider.into(),
            key_patterns: info.key_patterns.iter().map(|&pattern| pattern.into()).collect(),
            plaintext_limit: info.plaintext_limit,
            max_calls_in_flight: info.max_calls_in_flight.max(1),
        }),
        detector: ROption::RNone,
        extra_json: RString::new(),
    }
}

extern "C" fn detector_info<E: Export, D: ProjectDetector>() -> PluginInfo {
    let info = D::INFO;
    PluginInfo {
        id: info.id.into(),
        version: E::VERSION.into(),
        kind: PluginKind::DETECTOR,
        summary: info.summary.into(),
        cipher: ROption::RNone,
        detector: ROption::RSome(DetectorFacts {
            project_kind: info.project_kind.into(),
            markers: info.markers.iter().map(|&marker| marker.into()).collect(),
            priority: info.priority,
        }),
        extra_json: RString::new(),
    }
}

extern "C" fn init<E: Export>(host: HostApiRef, is_dynamic: bool) -> CallResult<()> {
    host::set_host(host);
    if is_dynamic {
        guard::install_panic_hook();
        log::install(E::CRATE_NAME);
    }
    RResult::ROk(())
}

extern "C" fn open_cipher<E: Export, C: CipherBackend>(
    config_json: RStr<'_>,
) -> CallResult<CipherBox> {
    let opened = E::guard().run(|| {
        let config = Config::from_json(config_json.as_str())?;
        C::open(&config, &Host::current())
    });
    opened.map(|backend| Cipher_TO::from_value(Guarded::<E, C>::new(backend), TD_Opaque)).into()
}

extern "C" fn open_detector<E: Export, D: ProjectDetector>() -> CallResult<DetectorBox> {
    let opened = E::guard().run(|| Ok(D::default()));
    opened.map(|detector| Detector_TO::from_value(Guarded::<E, D>::new(detector), TD_Opaque)).into()
}

extern "C" fn no_cipher(_: RStr<'_>) -> CallResult<CipherBox> {
    RResult::RErr(unsupported("open_cipher"))
}

extern "C" fn no_detector() -> CallResult<DetectorBox> {
    RResult::RErr(unsupported("open_detector"))
}

extern "C" fn no_call(op: RStr<'_>, _: RStr<'_>) -> CallResult<RString> {
    RResult::RErr(unsupported(op.as_str()))
}

/// An author's object behind its crate's [`Guard`].
struct Guarded<E: Export, T> {
    inner: ManuallyDrop<T>,
    // A function pointer: the marker must not make the object's `Send` depend on `E`.
    export: PhantomData<fn() -> E>,
}

impl<E: Export, T> Guarded<E, T> {
    fn new(inner: T) -> Self {
        Self { inner: ManuallyDrop::new(inner), export: PhantomData }
    }
}

impl<E: Export, T> Drop for Guarded<E, T> {
    fn drop(&mut self) {
        // SAFETY: the value is taken out once, here, and not touched afterwards.
        let inner = unsafe { ManuallyDrop::take(&mut self.inner) };
        E::guard().drop_quietly(inner);
    }
}

impl<E: Export, C: CipherBackend> Cipher for Guarded<E, C> {
    fn check_key(&self, key: RStr<'_>) -> CallResult<KeyInfo> {
        E::guard().run(|| self.inner.check_key(key.as_str())).into()
    }

    fn available(&self) -> CallResult<Availability> {
        E::guard().run(|| self.inner.available()).into()
    }

    fn encrypt(
        &self,
        key: RStr<'_>,
        plaintext: RSlice<'_, u8>,
        context_json: RStr<'_>,
    ) -> CallResult<RVec<u8>> {
        E::guard()
            .run(|| {
                let context = Context::from_json(context_json.as_str())?;
                self.inner.encrypt(key.as_str(), plaintext.as_slice(), &context)
            })
            .map(RVec::from)
            .into()
    }

    fn decrypt(
        &self,
        key: RStr<'_>,
        ciphertext: RSlice<'_, u8>,
        context_json: RStr<'_>,
    ) -> CallResult<SecretBuf> {
        E::guard()
            .run(|| {
                let context = Context::from_json(context_json.as_str())?;
                self.inner.decrypt(key.as_str(), ciphertext.as_slice(), &context)
            })
            .map(SecretBuf::new)
            .into()
    }

    fn call(&self, op: RStr<'_>, json: RStr<'_>) -> CallResult<RString> {
        E::guard().run(|| self.inner.call(op.as_str(), json.as_str())).map(RString::from).into()
    }
}

impl<E: Export, D: ProjectDetector> Detector for Guarded<E, D> {
    fn detect(&self, project: ProjectRef<'_>) -> CallResult<ROption<Detection>> {
        E::guard().run(|| self.inner.detect(&ProjectView::new(project))).map(ROption::from).into()
    }

    fn call(&self, op: RStr<'_>, json: RStr<'_>) -> CallResult<RString> {
        E::guard().run(|| self.inner.call(op.as_str(), json.as_str())).map(RString::from).into()
    }
}

/// Exports a plugin, for both linkages at once.
///
/// Write it once, in the root of a crate with `crate-type = ["rlib", "cdylib"]`:
///
/// ```text
/// export_plugin! { cipher: MyKms }        // a CipherBackend
/// export_plugin! { detector: MyDetector } // a ProjectDetector
/// ```
///
/// It emits a root symbol of the crate's own name for hosts that load the library, and registers
/// the same functions for hosts that link it. A program that links plugins must name their crates
/// (`use my_plugin as _;`), or its linker drops them.
#[macro_export]
macro_rules! export_plugin {
    (cipher: $plugin:ty $(,)?) => {
        $crate::__export_plugin!($plugin, cipher_module);
    };
    (detector: $plugin:ty $(,)?) => {
        $crate::__export_plugin!($plugin, detector_module);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export_plugin {
    ($plugin:ty, $module:ident) => {
        const _: () = {
            use $crate::__private::{
                Export, Guard, LibHeader, LinkedPlugin, PluginMod, WithMetadata,
            };

            struct Exported;

            impl Export for Exported {
                const CRATE_NAME: &'static str = env!("CARGO_CRATE_NAME");
                const VERSION: &'static str = env!("CARGO_PKG_VERSION");
                const MODULE: WithMetadata<PluginMod> =
                    $crate::__private::$module::<Exported, $plugin>();
                fn guard() -> &'static Guard {
                    static GUARD: Guard = Guard::new();
                    &GUARD
                }
            }

            #[allow(unsafe_code)]
            #[unsafe(export_name = concat!("dugout_plugin_root_", env!("CARGO_CRATE_NAME")))]
            static ROOT: LibHeader = $crate::__private::root_header::<Exported>();

            $crate::__private::inventory::submit! { LinkedPlugin::new::<Exported>() }
        };
    };
}
