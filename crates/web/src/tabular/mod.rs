//! Files of rows that clients send, for imports: taking them, reading their tables, and saying what is wrong with which row.

mod bundle;
mod fault;
mod table;
mod upload;

pub use bundle::{Bundle, Columns};
pub use fault::{ImportFault, OnError, Placed, RowFault, shown};
pub use table::{Cells, Table, TooLarge};
pub use upload::{Pieces, Sample, Upload};
