//! SSH transport for pogo.
