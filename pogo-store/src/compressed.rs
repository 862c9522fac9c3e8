//! Files of JSON that are compressed.

use std::io;
use std::path::Path;

use crate::disk::Disk;

/// The library's own default: a fleet becomes a tenth of its size at some 300 MB/s.
const LEVEL: i32 = 3;

/// Compresses, with a checksum.
pub(crate) fn compress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = zstd::Encoder::new(vec![], LEVEL)?;
    encoder.include_checksum(true)?;
    io::Write::write_all(&mut encoder, bytes)?;
    encoder.finish()
}

/// What a compressed file has in it.
pub(crate) fn read_compressed(disk: &dyn Disk, file: &Path) -> io::Result<Vec<u8>> {
    let bytes = disk.read_all(file)?;
    zstd::decode_all(&bytes[..]).map_err(|error| {
        let message = format!("{} is damaged: {error}", file.display());
        io::Error::new(io::ErrorKind::InvalidData, message)
    })
}
