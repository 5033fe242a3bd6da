by = {by:Array(String)}, zone = {zone:String}
