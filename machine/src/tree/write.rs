//! Writing a tree as a flattened blob.

use super::Node;
use vm_fdt::{Error, FdtWriter};

/// A tree that cannot be written: a name or value that blobs cannot hold.
#[derive(Debug, thiserror::Error)]
#[error("the device tree cannot be written")]
pub struct TreeError(#[from] Error);

impl Node {
    /// The flattened tree whose root this is.
    ///
    /// # Errors
    /// [`TreeError`] where a string holds a zero byte or the blob were larger than 4 GiB.
    pub fn flatten(&self) -> Result<Vec<u8>, TreeError> {
        let mut writer = FdtWriter::new()?;
        self.write(&mut writer)?;
        Ok(writer.finish()?)
    }

    fn write(&self, writer: &mut FdtWriter) -> Result<(), Error> {
        let node = writer.begin_node(&self.name)?;
        for (name, value) in &self.properties {
            match (&**name, <[u8; 4]>::try_from(&**value)) {
                // The writer checks that none is given twice.
                ("phandle", Ok(cell)) => writer.property_phandle(u32::from_be_bytes(cell))?,
                _ => writer.property(name, value)?,
            }
        }
        self.children.iter().try_for_each(|child| child.write(writer))?;
        writer.end_node(node)
    }
}
