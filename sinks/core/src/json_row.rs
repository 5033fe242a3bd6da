//! Rows whose records are JSON: each field told once, with how it is read and which column it becomes.

use crate::json::Text;

/// What a column is made of, of a field.
pub trait Field {
    type Cell<'f>
    where
        Self: 'f;

    fn cell(&self) -> Self::Cell<'_>;
}

impl Field for Text<'_> {
    type Cell<'f>
        = &'f str
    where
        Self: 'f;

    fn cell(&self) -> &str {
        self
    }
}

impl Field for Option<Text<'_>> {
    type Cell<'f>
        = Option<&'f str>
    where
        Self: 'f;

    fn cell(&self) -> Option<&str> {
        self.as_deref()
    }
}

impl<T> Field for Vec<T> {
    type Cell<'f>
        = &'f [T]
    where
        Self: 'f;

    fn cell(&self) -> &[T] {
        self
    }
}

macro_rules! is_its_cell {
    ($($kind:ty),*) => {$(
        impl Field for $kind {
            type Cell<'f> = $kind;

            fn cell(&self) -> $kind {
                *self
            }
        }
    )*};
}
is_its_cell!(i64, f64, Option<i64>, Option<f64>);

/// A row of a customer's, by the second of its fields. Fields are in the order of schemas/rows.py, which is that of the
/// record; a line tells a field's name and type, what reads it, and the kind of its column.
macro_rules! json_row {
    (
        $row:ident<$life:lifetime>, $id:ident {
            $first:ident: $first_type:ty, $first_read:expr, $first_column:ident;
            $($name:ident: $type:ty, $read:expr, $column:ident;)*
        }
    ) => {
        pub struct $row<$life> {
            $first: $first_type,
            $($name: $type,)*
        }

        impl<$life> $crate::latest::Row<$life> for $row<$life> {
            fn read(payload: &$life [u8]) -> $crate::left::Outcome<Self> {
                let mut from = $crate::json::Reader::new(payload);
                let row = $row {
                    $first: from.first(stringify!($first), $first_read)?,
                    $($name: from.next(stringify!($name), $read)?,)*
                };
                from.end()?;
                Ok(row)
            }

            fn key(&self) -> $crate::latest::Key<'_> {
                (&self.customer_id, &self.$id, "", 0)
            }

            fn version(&self) -> i64 {
                self.version
            }

            fn columns(rows: &[&Self]) -> $crate::left::Outcome<Vec<$crate::column::Column>> {
                use $crate::json_row::Field;
                Ok(vec![
                    $crate::column::$first_column(stringify!($first), rows.iter().map(|row| row.$first.cell()))?,
                    $($crate::column::$column(stringify!($name), rows.iter().map(|row| row.$name.cell()))?,)*
                ])
            }
        }
    };
}
pub(crate) use json_row;
