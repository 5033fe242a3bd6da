//! JSON as msgspec writes it.

const HEX: &[u8; 16] = b"0123456789abcdef";

pub trait Json {
    fn write(&self, out: &mut Vec<u8>);
}

/// An object whose fields are written one after the other.
pub struct Object<'o> {
    out: &'o mut Vec<u8>,
    begun: bool,
}

impl<'o> Object<'o> {
    pub fn begin(out: &'o mut Vec<u8>) -> Self {
        out.push(b'{');
        Object { out, begun: false }
    }

    /// Writes `name`, which needs no escapes, and what `value` is; returns where in the text the value begins.
    pub fn field<T: Json + ?Sized>(&mut self, name: &'static str, value: &T) -> usize {
        self.next();
        quote(self.out, name);
        self.out.push(b':');
        let place = self.out.len();
        value.write(self.out);
        place
    }

    fn entry<T: Json + ?Sized>(&mut self, key: &str, value: &T) {
        self.next();
        key.write(self.out);
        self.out.push(b':');
        value.write(self.out);
    }

    fn next(&mut self) {
        if self.begun {
            self.out.push(b',');
        }
        self.begun = true;
    }

    pub fn end(self) {
        self.out.push(b'}');
    }
}

impl Json for str {
    fn write(&self, out: &mut Vec<u8>) {
        // Without an early end, so that the compiler looks at many bytes at once.
        let escapes = |some, byte| some | (byte < 0x20) | (byte == b'"') | (byte == b'\\');
        if self.bytes().fold(false, escapes) {
            out.push(b'"');
            self.bytes().for_each(|byte| escape(out, byte));
            out.push(b'"');
        } else {
            quote(out, self);
        }
    }
}

fn quote(out: &mut Vec<u8>, text: &str) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

fn escape(out: &mut Vec<u8>, byte: u8) {
    match byte {
        b'"' => out.extend(b"\\\""),
        b'\\' => out.extend(b"\\\\"),
        0x08 => out.extend(b"\\b"),
        0x0c => out.extend(b"\\f"),
        b'\n' => out.extend(b"\\n"),
        b'\r' => out.extend(b"\\r"),
        b'\t' => out.extend(b"\\t"),
        0..0x20 => {
            out.extend(b"\\u00");
            out.extend([HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 0x0f)]]);
        }
        _ => out.push(byte),
    }
}

impl Json for &str {
    fn write(&self, out: &mut Vec<u8>) {
        (**self).write(out);
    }
}

impl Json for String {
    fn write(&self, out: &mut Vec<u8>) {
        self.as_str().write(out);
    }
}

impl Json for i64 {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(itoa::Buffer::new().format(*self).as_bytes());
    }
}

impl Json for usize {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(itoa::Buffer::new().format(*self).as_bytes());
    }
}

impl Json for f64 {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(ryu::Buffer::new().format_finite(*self).as_bytes());
    }
}

impl<T: Json> Json for Option<T> {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Some(value) => value.write(out),
            None => out.extend(b"null"),
        }
    }
}

impl<T: Json> Json for [T] {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(b'[');
        for (index, value) in self.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            value.write(out);
        }
        out.push(b']');
    }
}

/// A map in the order of its pairs.
pub struct Map<'m, T>(pub &'m [(&'m str, T)]);

impl<T: Json> Json for Map<'_, T> {
    fn write(&self, out: &mut Vec<u8>) {
        let mut object = Object::begin(out);
        for (key, value) in self.0 {
            object.entry(key, value);
        }
        object.end();
    }
}
