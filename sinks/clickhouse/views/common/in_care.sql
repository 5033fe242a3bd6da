(empty({care:Array(String)}) OR customer_id IN (SELECT customer_id FROM {{ told_care }} WHERE notEmpty({care:Array(String)}) AND has({care:Array(String)}, care)))
