//! LZ4 with a dictionary by the C library, the same that Python's lz4 has: it takes the dictionary in once for all
//! values, where lz4_flex hashes it anew for each, which took longer than to pack a state.

use std::ffi::{c_char, c_int};

use lz4_sys::{LZ4_compressBound, LZ4_createStream, LZ4_freeStream, LZ4StreamEncode};

// https://github.com/lz4/lz4/blob/v1.10.0/lib/lz4.h; lz4-sys links them, and declares none of them.
unsafe extern "C" {
    fn LZ4_loadDict(stream: *mut LZ4StreamEncode, dictionary: *const c_char, size: c_int) -> c_int;
    fn LZ4_resetStream_fast(stream: *mut LZ4StreamEncode);
    fn LZ4_attach_dictionary(stream: *mut LZ4StreamEncode, prepared: *const LZ4StreamEncode);
    fn LZ4_compress_fast_continue(
        stream: *mut LZ4StreamEncode,
        from: *const c_char,
        to: *mut c_char,
        size: c_int,
        capacity: c_int,
        acceleration: c_int,
    ) -> c_int;
    fn LZ4_decompress_safe_usingDict(
        from: *const c_char,
        to: *mut c_char,
        size: c_int,
        capacity: c_int,
        dictionary: *const c_char,
        dictionary_size: c_int,
    ) -> c_int;
}

/// Compresses and decompresses blocks with one dictionary.
pub struct Lz4<'d> {
    dictionary: &'d [u8],
    prepared: *mut LZ4StreamEncode,
    working: *mut LZ4StreamEncode,
}

impl<'d> Lz4<'d> {
    pub fn new(dictionary: &'d [u8]) -> Self {
        // SAFETY: both streams are the library's own until drop; the dictionary, which `prepared` refers to, lives longer.
        unsafe {
            let (prepared, working) = (LZ4_createStream(), LZ4_createStream());
            assert!(!prepared.is_null() && !working.is_null(), "out of memory");
            LZ4_loadDict(prepared, dictionary.as_ptr().cast(), as_c(dictionary.len()));
            Lz4 {
                dictionary,
                prepared,
                working,
            }
        }
    }

    /// Add `value`, compressed, to `out`.
    pub fn compress(&self, value: &[u8], out: &mut Vec<u8>) {
        // SAFETY: the library writes at most `bound` bytes, for which there is room behind what `out` has, and tells how
        // many it wrote; a stream that was reset refers to nothing but the dictionary that is attached to it.
        unsafe {
            let bound = LZ4_compressBound(as_c(value.len()));
            out.reserve(bound as usize);
            LZ4_resetStream_fast(self.working);
            LZ4_attach_dictionary(self.working, self.prepared);
            let to = out.as_mut_ptr().add(out.len()).cast();
            let written =
                LZ4_compress_fast_continue(self.working, value.as_ptr().cast(), to, as_c(value.len()), bound, 1);
            assert!(written > 0, "there was room enough");
            out.set_len(out.len() + written as usize);
        }
    }

    /// Decompress `block` into the whole of `value`; tells whether it was as long as that, and undamaged.
    pub fn decompress(&self, block: &[u8], value: &mut [u8]) -> bool {
        // SAFETY: the library reads no more than the block and the dictionary, and writes no more than `value` has.
        let written = unsafe {
            LZ4_decompress_safe_usingDict(
                block.as_ptr().cast(),
                value.as_mut_ptr().cast(),
                as_c(block.len()),
                as_c(value.len()),
                self.dictionary.as_ptr().cast(),
                as_c(self.dictionary.len()),
            )
        };
        usize::try_from(written) == Ok(value.len())
    }
}

impl Drop for Lz4<'_> {
    fn drop(&mut self) {
        // SAFETY: they are the library's, and used no more.
        unsafe {
            LZ4_freeStream(self.prepared);
            LZ4_freeStream(self.working);
        }
    }
}

fn as_c(size: usize) -> c_int {
    c_int::try_from(size).expect("less than what LZ4 takes")
}
