((at) -> multiIf(has({by:Array(String)}, 'day'), toDate(at, {zone:String}), has({by:Array(String)}, 'week'), toMonday(at, {zone:String}), has({by:Array(String)}, 'month'), toStartOfMonth(at, {zone:String}), NULL)) AS period_of,
((dimension, value) -> if(has({by:Array(String)}, dimension), toString(value), '')) AS group_of
