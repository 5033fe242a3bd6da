//! Record batches as a fetch brings them: v2, uncompressed. The form: https://kafka.apache.org/documentation/#recordbatch

const HEADER: usize = 61;
const MAGIC: u8 = 2;
const CODEC: i16 = 0b111;
const APPEND_TIME: i16 = 0b1000;

/// Where bytes begin and end.
pub type Span = (usize, usize);

/// Where a record lies in the bytes of its fetch.
#[derive(Clone, Copy)]
pub struct Place {
    pub offset: i64,
    pub timestamp: i64,
    pub timestamp_type: u8,
    pub key: Option<Span>,
    pub value: Option<Span>,
    pub headers: usize,
}

/// The records of the batch from `begin` to the end of `bytes`; None: it is not of the form that is read here.
pub fn read_batch(bytes: &[u8], begin: usize) -> Option<Vec<Place>> {
    let batch = bytes.get(begin..)?;
    let header = batch.first_chunk::<HEADER>()?;
    let checksum = u32::from_be_bytes(header[17..21].try_into().ok()?);
    if header[16] != MAGIC || crc32c::crc32c(&batch[21..]) != checksum {
        return None;
    }
    let attributes = i16::from_be_bytes(header[21..23].try_into().ok()?);
    if attributes & CODEC != 0 {
        return None;
    }
    let long = |at: usize| Some(i64::from_be_bytes(header[at..at + 8].try_into().ok()?));
    let (base_offset, first_time, latest) = (long(0)?, long(27)?, long(35)?);
    let appended = attributes & APPEND_TIME != 0;
    let count = usize::try_from(i32::from_be_bytes(header[57..61].try_into().ok()?)).ok()?;
    let mut reader = Reader {
        bytes,
        at: begin + HEADER,
    };
    let mut places = Vec::with_capacity(count.min(batch.len()));
    for _ in 0..count {
        let size = usize::try_from(reader.varint()?).ok()?;
        let end = reader.at.checked_add(size)?;
        reader.at += 1;
        let time = first_time.checked_add(reader.varint()?)?;
        places.push(Place {
            timestamp: if appended { latest } else { time },
            timestamp_type: u8::from(appended),
            offset: base_offset.checked_add(reader.varint()?)?,
            key: reader.part()?,
            value: reader.part()?,
            headers: reader.at,
        });
        reader.skip_headers()?;
        if reader.at != end {
            return None;
        }
    }
    (reader.at == bytes.len()).then_some(places)
}

pub struct Reader<'b> {
    pub bytes: &'b [u8],
    pub at: usize,
}

impl Reader<'_> {
    pub fn varint(&mut self) -> Option<i64> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = *self.bytes.get(self.at)?;
            self.at += 1;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some((number >> 1) as i64 ^ -((number & 1) as i64));
            }
        }
        None
    }

    /// Where the bytes lie whose length comes first, if they are not null.
    pub fn part(&mut self) -> Option<Option<Span>> {
        let Ok(length) = usize::try_from(self.varint()?) else {
            return Some(None);
        };
        let begin = self.at;
        self.at = begin.checked_add(length).filter(|end| *end <= self.bytes.len())?;
        Some(Some((begin, self.at)))
    }

    /// Names are UTF-8, or None.
    fn skip_headers(&mut self) -> Option<()> {
        for _ in 0..self.varint()? {
            let (begin, end) = self.part()??;
            std::str::from_utf8(&self.bytes[begin..end]).ok()?;
            self.part()?;
        }
        Some(())
    }
}
