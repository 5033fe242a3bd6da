#!/bin/sh
# Makes the passwords that deploy/compose.yaml needs, in deploy/secrets/ or the folder given; those that are there stay.
# The folder is for you alone. The files in it are readable, for they are mounted into containers of other users.
set -eu
folder=${1:-$(dirname "$0")/../secrets}
umask 077
mkdir -p "$folder"
chmod 700 "$folder"
cd "$folder"

random() { head -c "$1" /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }

keep() { # FILE TEXT
    if [ ! -s "$1" ]; then
        printf '%s\n' "$2" >"$1"
        echo "made $folder/$1"
    fi
}

hash_of() { tr -d '\n' <"$1" | sha256sum | cut -d ' ' -f 1; }

# What the role omnitrack_grafana may (omnitrack migrate --roles), which a user of this file cannot be given.
may_read() { # TABLE COLUMNS
    printf '                <query>GRANT SELECT%s ON %s</query>\n' "${2:-}" "$1"
}

for name in clickhouse-password grafana-clickhouse-password grafana-admin-password explorer-admin-password; do
    keep "$name" "$(random 18)"
done
keep explorer-secret "$(random 32)"
keep webhook-secret "whsec_$(head -c 32 /dev/urandom | base64 | tr -d '\n')"

# Always made anew from the passwords, so that a changed one takes effect with the next start of ClickHouse.
cat >clickhouse-users.xml <<XML
<clickhouse>
    <profiles>
        <reader><readonly>2</readonly></reader>
    </profiles>
    <users>
        <default remove="remove"/>
        <omnitrack>
            <password_sha256_hex>$(hash_of clickhouse-password)</password_sha256_hex>
            <networks><ip>::/0</ip></networks>
            <profile>default</profile>
            <quota>default</quota>
            <access_management>1</access_management>
        </omnitrack>
        <grafana>
            <password_sha256_hex>$(hash_of grafana-clickhouse-password)</password_sha256_hex>
            <networks><ip>::/0</ip></networks>
            <profile>reader</profile>
            <quota>default</quota>
            <grants>
$(may_read 'omnitrack.metric_*')
$(may_read 'omnitrack.selected_handoffs' '(left_at, customer_id, journey_id, intent, from_channel, to_channel, referred_to, due_at, arrived_at, result, failures, wait_seconds, reasked, contradictions)')
$(may_read 'omnitrack.selected_waits' '(channel, intent, standard_seconds)')
$(may_read 'omnitrack.catalogue' '(time_zone, intent)')
$(for database in omnitrack omnitrack_shard; do
    may_read "$database.touchpoints" '(channel, occurred_at)'
    may_read "$database.journeys" '(intent, care, started_at)'
    may_read "$database.dead_letters" '(received_at, topic, partition, offset, reason, errors, replayed_at)'
    may_read "$database.rejected_rows" '(rejected_at)'
done)
            </grants>
        </grafana>
    </users>
</clickhouse>
XML
chmod 644 ./*
