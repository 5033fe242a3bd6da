-- Bounds of the 95 % interval of a rate of k in n: E. B. Wilson, "Probable inference, the law of succession, and
-- statistical inference", J. Am. Stat. Assoc. 22 (1927); 1.959963984540054 is the normal distribution's 97.5 % point.
((k, n) -> if(n = 0, NULL, k / n)) AS rate_of,
((k, n) -> if(n = 0, NULL, greatest(0., (k + 1.920729410347062 - 1.959963984540054 * sqrt(k * (n - k) / n + 0.960364705173531)) / (n + 3.841458820694124)))) AS low_of,
((k, n) -> if(n = 0, NULL, least(1., (k + 1.920729410347062 + 1.959963984540054 * sqrt(k * (n - k) / n + 0.960364705173531)) / (n + 3.841458820694124)))) AS high_of
