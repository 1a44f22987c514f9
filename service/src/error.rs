//! An operation fails in public, with a sentence for the person, or by a fault, which is ours.

pub use domain::Error as Public;

/// Something broke on our side. It is logged once, where it is turned into a reference.
pub type Fault = Box<dyn std::error::Error + Send + Sync>;

/// Why an operation failed.
#[derive(Debug)]
pub enum Error {
    /// What the person who asked is told.
    Public(Public),
    /// Something broke on our side; the person gets a reference to it.
    Fault(Fault),
}

impl From<Public> for Error {
    fn from(error: Public) -> Error {
        Error::Public(error)
    }
}
impl From<domain::Refusal> for Error {
    fn from(refusal: domain::Refusal) -> Error {
        Error::Public(refusal.into())
    }
}
impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Error {
        Error::Fault(error.into())
    }
}
impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Error {
        Error::Fault(error.into())
    }
}
impl From<Fault> for Error {
    fn from(fault: Fault) -> Error {
        Error::Fault(fault)
    }
}

impl Error {
    /// The public face; a fault is logged here, once, and leaves a reference.
    pub fn into_public(self) -> Public {
        match self {
            Error::Public(public) => public,
            Error::Fault(fault) => {
                let reference = crate::random_hex(4);
                tracing::error!(reference, %fault, "fault");
                Public::Internal { reference }
            }
        }
    }
}
