//! Device trees: nodes with properties, read from and written to flattened blobs.
//!
//! [Devicetree Specification 0.4, chapter 5]

mod read;
mod write;

pub use read::BadTree;
pub use write::TreeError;

/// A node of a device tree.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Node {
    /// Its name with the unit address, `serial@10000000`; empty for the root.
    pub name: String,
    properties: Vec<(String, Vec<u8>)>,
    children: Vec<Node>,
}

impl Node {
    /// A node without properties.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Adds or replaces a property without a value.
    #[must_use]
    pub fn flag(self, name: &str) -> Self {
        self.bytes(name, &[])
    }

    /// Adds or replaces a property of 32-bit cells.
    #[must_use]
    pub fn cells(self, name: &str, cells: &[u32]) -> Self {
        let bytes: Vec<u8> = cells.iter().flat_map(|cell| cell.to_be_bytes()).collect();
        self.bytes(name, &bytes)
    }

    /// Adds or replaces a property of 64-bit numbers, two cells each.
    #[must_use]
    pub fn wide(self, name: &str, numbers: &[u64]) -> Self {
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_be_bytes()).collect();
        self.bytes(name, &bytes)
    }

    /// Adds or replaces a property of strings.
    #[must_use]
    pub fn text<S: AsRef<str>>(self, name: &str, strings: &[S]) -> Self {
        let bytes: Vec<u8> =
            strings.iter().flat_map(|text| text.as_ref().bytes().chain(std::iter::once(0))).collect();
        self.bytes(name, &bytes)
    }

    /// Adds or replaces a property.
    #[must_use]
    pub fn bytes(mut self, name: &str, value: &[u8]) -> Self {
        self.set(name, value);
        self
    }

    /// Adds a child.
    #[must_use]
    pub fn child(mut self, child: Self) -> Self {
        self.children.push(child);
        self
    }

    /// Adds or replaces a property.
    pub fn set(&mut self, name: &str, value: &[u8]) {
        match self.properties.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = value.to_vec(),
            None => self.properties.push((name.to_owned(), value.to_vec())),
        }
    }

    /// The value of a property.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.properties.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }

    /// The child called `name`, made where there is none.
    pub fn within(&mut self, name: &str) -> &mut Self {
        let index = self.children.iter().position(|child| child.name == name).unwrap_or_else(|| {
            self.children.push(Self::new(name));
            self.children.len() - 1
        });
        &mut self.children[index]
    }

    /// Its children.
    pub fn children(&self) -> &[Self] {
        &self.children
    }
}
