//! The web app is embedded from `ui/dist`. Without Node there is no such folder: an empty one is embedded then, and the
//! service says how the app is built.

fn main() -> std::io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=ui/dist");
    std::fs::create_dir_all("ui/dist")
}
