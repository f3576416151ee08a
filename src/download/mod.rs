//! The cellar: files come from their publishers: in parallel parts, continued after a break, held to their size
//! and checksum, and unpacked with nothing outside the folder asked for. Knows nothing of what the files hold.

mod checksum;
mod entry_path;
mod error;
mod http;
mod parts;
mod publication;
mod tar;
mod transfer;
mod unpack;

pub use checksum::Checksum;
pub use error::DownloadError;
pub use publication::{Packing, Publication, RemoteFile};
pub use transfer::{Fetched, Hold, Options, Watch, fetch, hold, settle};
pub use unpack::{Unpacked, unpack};
