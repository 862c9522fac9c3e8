//! DO: the async loop, and the traits of the outside world.

mod clock;
mod inventory;
mod observer;
mod reporter;
mod system_clock;
mod transport;

pub use clock::Clock;
pub use inventory::{Inventory, InventoryError};
pub use observer::{Observer, OutputChunk, Stream};
pub use reporter::{Reporter, ReporterSide};
pub use system_clock::SystemClock;
pub use transport::{Attempt, Capabilities, Transport};
