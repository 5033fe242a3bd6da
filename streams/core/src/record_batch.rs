//! Record batches as Kafka has them (v2, uncompressed), filled as streams/batching/sender.py does with the driver's.
//!
//! The form: https://kafka.apache.org/documentation/#recordbatch

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::grouped::{Grouped, KeyValue, PairsOfBytes};

const HEADER: usize = 61;
const BEFORE_LENGTH_ENDS: usize = 12;
const CHECKSUM: usize = 17;
const CHECKED: usize = 21;
const MAGIC: u8 = 2;
const NO_EPOCH: i32 = -1;
/// A record has at most so many bytes beside its key and its value (`_RECORD_OVERHEAD`).
const OVERHEAD: usize = 32;

/// A record batch that is complete but for who sends it; the driver's producer takes it for one of its own.
#[pyclass(module = "streams._core")]
pub struct RecordBatch {
    /// The header's place, and the records behind it.
    bytes: Vec<u8>,
    count: i32,
    /// Of all records, ms.
    timestamp: i64,
    producer: (i64, i16, i32),
    built: Option<Py<PyBytes>>,
}

/// The record batches of `parts`, sequences of groups, in order, each closed as soon as the next group would not fit
/// into `limit` bytes; all records are of `timestamp` (ms).
#[pyfunction]
pub fn fill(parts: Vec<Bound<'_, PyAny>>, limit: usize, timestamp: i64) -> PyResult<Vec<RecordBatch>> {
    let mut filling = Filling {
        limit,
        timestamp,
        done: Vec::new(),
        open: RecordBatch::empty(timestamp),
        expected: parts.iter().map(expected).sum(),
    };
    filling.reserve();
    for part in parts {
        if let Ok(grouped) = part.cast::<Grouped>() {
            grouped.borrow().groups().for_each(|group| filling.add(&group));
        } else {
            for group in part.try_iter()? {
                filling.add(&PairsOfBytes::read(&group?)?.records());
            }
        }
    }
    filling.close();
    Ok(filling.done)
}

/// About how many bytes the records of a part take, of one that Python made: nobody knows.
fn expected(part: &Bound<'_, PyAny>) -> usize {
    part.cast::<Grouped>().map_or(0, |grouped| grouped.borrow().expected())
}

struct Filling {
    limit: usize,
    timestamp: i64,
    done: Vec<RecordBatch>,
    open: RecordBatch,
    /// About how many bytes are still to come.
    expected: usize,
}

impl Filling {
    /// To grow would copy what is there.
    fn reserve(&mut self) {
        self.open.bytes.reserve(self.expected.min(self.limit));
    }

    fn add(&mut self, group: &[KeyValue<'_>]) {
        let size = |record: &KeyValue<'_>| length(record.key) + length(record.value) + OVERHEAD;
        if self.open.bytes.len() + group.iter().map(size).sum::<usize>() > self.limit {
            self.close();
        }
        for record in group {
            let body = self.open.body_size(record);
            // The driver's builder leaves the last byte free.
            if self.open.count > 0 && self.open.bytes.len() + varint_size(body as i64) + body >= self.limit {
                self.close();
            }
            self.open.append(record);
        }
    }

    /// Begin another record batch, unless nothing is in this one.
    fn close(&mut self) {
        if self.open.count > 0 {
            self.expected = self.expected.saturating_sub(self.open.bytes.len());
            let next = RecordBatch::empty(self.timestamp);
            self.done.push(std::mem::replace(&mut self.open, next));
            self.reserve();
        }
    }
}

impl RecordBatch {
    fn empty(timestamp: i64) -> Self {
        RecordBatch {
            bytes: vec![0; HEADER],
            count: 0,
            timestamp,
            producer: (-1, -1, 0),
            built: None,
        }
    }

    /// Bytes of the record behind its length: attributes, time, offset, key, value, and the number of headers.
    fn body_size(&self, record: &KeyValue<'_>) -> usize {
        let part = |part: Option<&[u8]>| varint_size(part.map_or(-1, |part| part.len() as i64)) + length(part);
        3 + varint_size(i64::from(self.count)) + part(record.key) + part(record.value)
    }

    fn append(&mut self, record: &KeyValue<'_>) {
        let body = self.body_size(record);
        let out = &mut self.bytes;
        put_varint(out, body as i64);
        out.extend_from_slice(&[0, 0]);
        put_varint(out, i64::from(self.count));
        for part in [record.key, record.value] {
            put_varint(out, part.map_or(-1, |part| part.len() as i64));
            out.extend_from_slice(part.unwrap_or_default());
        }
        out.push(0);
        self.count += 1;
    }

    fn write_header(&mut self) {
        let (producer_id, producer_epoch, base_sequence) = self.producer;
        let length = i32::try_from(self.bytes.len() - BEFORE_LENGTH_ENDS).expect("a record batch is small");
        let mut header = Vec::with_capacity(HEADER);
        header.extend_from_slice(&0i64.to_be_bytes());
        header.extend_from_slice(&length.to_be_bytes());
        header.extend_from_slice(&NO_EPOCH.to_be_bytes());
        header.push(MAGIC);
        header.extend_from_slice(&[0; 6]);
        header.extend_from_slice(&(self.count - 1).to_be_bytes());
        header.extend_from_slice(&self.timestamp.to_be_bytes());
        header.extend_from_slice(&self.timestamp.to_be_bytes());
        header.extend_from_slice(&producer_id.to_be_bytes());
        header.extend_from_slice(&producer_epoch.to_be_bytes());
        header.extend_from_slice(&base_sequence.to_be_bytes());
        header.extend_from_slice(&self.count.to_be_bytes());
        self.bytes[..HEADER].copy_from_slice(&header);
        let checksum = crc32c::crc32c(&self.bytes[CHECKED..]);
        self.bytes[CHECKSUM..CHECKED].copy_from_slice(&checksum.to_be_bytes());
    }
}

/// What the driver's producer asks of a `BatchBuilder`.
#[pymethods]
impl RecordBatch {
    fn record_count(&self) -> i32 {
        self.count
    }

    fn size(&self, py: Python<'_>) -> usize {
        self.built
            .as_ref()
            .map_or(self.bytes.len(), |built| built.as_bytes(py).len())
    }

    fn closed(&self) -> bool {
        true
    }

    fn close(&self) {}

    fn _set_producer_state(&mut self, producer_id: i64, producer_epoch: i16, base_sequence: i32) {
        self.producer = (producer_id, producer_epoch, base_sequence);
    }

    fn _build(&mut self, py: Python<'_>) -> Py<PyBytes> {
        if self.built.is_none() {
            self.write_header();
            self.built = Some(PyBytes::new(py, &std::mem::take(&mut self.bytes)).unbind());
        }
        self.built.as_ref().expect("it was built").clone_ref(py)
    }
}

fn length(part: Option<&[u8]>) -> usize {
    part.map_or(0, <[u8]>::len)
}

fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

fn varint_size(number: i64) -> usize {
    let bits = 64 - (zigzag(number) | 1).leading_zeros() as usize;
    bits.div_ceil(7)
}

fn put_varint(out: &mut Vec<u8>, number: i64) {
    let mut rest = zigzag(number);
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}
