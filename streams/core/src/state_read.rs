//! A head out of the table: structs are arrays of their fields, of exactly today's.

use crate::left::{Left, Outcome};
use crate::msgpack::Reader;
use crate::state::{
    Case, Contact, Departed, Head, Journey, Lasting, Promise, Referral, Segment, Session, Totals, Waiting,
};

/// `due_at` is not among what is packed.
pub fn read_head(value: &[u8], due_at: Option<i64>) -> Outcome<Head<'_>> {
    let mut reader = Reader::new(value);
    reader.fields(17)?;
    reader.optional(Reader::int)?;
    let head = Head {
        due_at,
        version: reader.int()?,
        newest: reader.optional(|reader| {
            reader.fields(3)?;
            Ok((reader.int()?, reader.text()?, reader.text()?))
        })?,
        cases: read_cases(&mut reader)?,
        journeys: reader.list(read_journey)?,
        promises: read_promises(&mut reader)?,
        sessions: read_sessions(&mut reader)?,
        pending: reader.fields(0).map(|()| Vec::new())?,
        segments: reader.list(read_segment)?,
        fingerprints: reader.bytes()?.to_vec(),
        prune_at: reader.optional(Reader::int)?,
        withdrawn: reader.int()?,
        waiting: {
            if reader.optional(|_| Err::<(), _>(Left("a history in parts")))?.is_some() {
                return Err(Left("a history in parts"));
            }
            reader.list(read_waiting)?
        },
        departed: reader.list(read_departed)?,
        lasting: reader.bytes()?,
    };
    if reader.array()? > 0 {
        return Err(Left("twins"));
    }
    reader.end()?;
    Ok(head)
}

/// What lasts of a head.
pub fn read_lasting(value: &[u8]) -> Outcome<Lasting<'_>> {
    let mut reader = Reader::new(value);
    reader.fields(7)?;
    let lasting = Lasting {
        cases: read_cases(&mut reader)?,
        journeys: reader.list(read_journey)?,
        promises: read_promises(&mut reader)?,
        sessions: read_sessions(&mut reader)?,
        segments: reader.list(read_segment)?,
        fingerprints: reader.bytes()?.to_vec(),
        departed: reader.list(read_departed)?,
    };
    reader.end()?;
    Ok(lasting)
}

fn read_cases<'a>(reader: &mut Reader<'a>) -> Outcome<Vec<Case<'a>>> {
    reader.pairs(|reader| reader.optional(Reader::text))
}

fn read_promises<'a>(reader: &mut Reader<'a>) -> Outcome<Vec<Promise<'a>>> {
    let promises = reader.pairs(read_promise)?;
    Ok(promises.into_iter().map(|(_, promise)| promise).collect())
}

fn read_sessions<'a>(reader: &mut Reader<'a>) -> Outcome<Vec<Session<'a>>> {
    reader.pairs(|reader| {
        reader.fields(2)?;
        Ok((reader.int()?, reader.optional(Reader::text)?))
    })
}

fn read_departed(reader: &mut Reader<'_>) -> Outcome<Departed> {
    reader.fields(2)?;
    Ok(Departed {
        at: reader.int()?,
        sessions: reader.bytes()?.to_vec(),
    })
}

fn read_journey<'a>(reader: &mut Reader<'a>) -> Outcome<Journey<'a>> {
    reader.fields(18)?;
    let mut journey = Journey {
        journey_id: reader.text()?,
        intent: reader.text()?,
        case_id: reader.optional(Reader::text)?,
        first_step_at: reader.int()?,
        last_step_at: reader.int()?,
        reach: reader.int()?,
        totals: read_totals(reader)?,
        finished: reader.boolean()?,
        finish_outcome: reader.optional(Reader::text)?,
        finished_at: reader.optional(Reader::int)?,
        reopened: reader.int()?,
        referral_channel: reader.optional(Reader::text)?,
        referral_deadline: reader.int()?,
        promises: reader.pairs(Reader::int)?,
        contacts: reader.list(read_contact)?,
        core_channel: reader.optional(Reader::text)?,
        due_at: reader.optional(Reader::int)?,
        emitted: reader.bytes()?.to_vec(),
        settled: 0,
    };
    journey.settled = journey.contacts.len();
    Ok(journey)
}

fn read_totals<'a>(reader: &mut Reader<'a>) -> Outcome<Totals<'a>> {
    reader.fields(10)?;
    Ok(Totals {
        started_at: reader.int()?,
        last_at: reader.int()?,
        touchpoints: reader.int()?,
        wait_us: reader.int()?,
        handle_us: reader.int()?,
        reasks: reader.int()?,
        scores: reader.pairs(|reader| {
            reader.fields(4)?;
            Ok((reader.int()?, reader.text()?, reader.text()?, reader.int()?))
        })?,
        care: reader.list(Reader::text)?,
        incidents: reader.list(Reader::text)?,
        waits_us: reader.pairs(Reader::int)?,
    })
}

fn read_contact<'a>(reader: &mut Reader<'a>) -> Outcome<Contact<'a>> {
    reader.fields(13)?;
    Ok(Contact {
        channel: reader.text()?,
        first_at: reader.int()?,
        first_id: reader.text()?,
        last_at: reader.int()?,
        last_id: reader.text()?,
        last_session: reader.optional(Reader::text)?,
        longest_wait: reader.float()?,
        succeeded: reader.boolean()?,
        closes: reader.boolean()?,
        referral: reader.optional(read_referral)?,
        reasked: reader.list(Reader::text)?,
        first_answers: reader.pairs(Reader::text)?,
        last_answers: reader.pairs(Reader::text)?,
    })
}

fn read_referral<'a>(reader: &mut Reader<'a>) -> Outcome<Referral<'a>> {
    reader.fields(4)?;
    Ok(Referral {
        at: reader.int()?,
        event_id: reader.text()?,
        to_channel: reader.text()?,
        deadline: reader.int()?,
    })
}

fn read_promise<'a>(reader: &mut Reader<'a>) -> Outcome<Promise<'a>> {
    reader.fields(9)?;
    Ok(Promise {
        promise_id: reader.text()?,
        made_at: reader.int()?,
        channel: reader.text()?,
        event_id: reader.text()?,
        due_at: reader.int()?,
        journey_id: reader.optional(Reader::text)?,
        kept_at: reader.optional(Reader::int)?,
        emitted: reader.bytes()?.to_vec(),
        overdue: reader.boolean()?,
    })
}

fn read_segment(reader: &mut Reader<'_>) -> Outcome<Segment> {
    reader.fields(3)?;
    let number = u32::try_from(reader.int()?).map_err(|_| Left("number of a segment"))?;
    let count = usize::try_from(reader.int()?).map_err(|_| Left("size of a segment"))?;
    Ok(Segment {
        number,
        count,
        newest_at: reader.int()?,
    })
}

fn read_waiting<'a>(reader: &mut Reader<'a>) -> Outcome<Waiting<'a>> {
    reader.fields(2)?;
    let place = usize::try_from(reader.int()?).map_err(|_| Left("place in the log"))?;
    Ok(Waiting {
        place,
        previous: reader.optional(Reader::text)?,
    })
}
