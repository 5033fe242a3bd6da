{{/* How Kafka is reached, as YAML: of `kafka`, or of the cluster and the user that Strimzi makes. */}}
{{- define "omnitrack.kafka" -}}
{{- if .Values.strimzi.enabled -}}
{{- $name := include "omnitrack.kafkaName" . -}}
bootstrap: {{ $name }}-kafka-bootstrap:9093
security: SASL_SSL
mechanism: SCRAM-SHA-512
user: {{ include "omnitrack.fullname" . }}
passwordSecret: {name: {{ include "omnitrack.fullname" . }}, key: password}
caSecret: {name: {{ $name }}-cluster-ca-cert, key: ca.crt}
clientCertificateSecret: {name: "", certificateKey: "", keyKey: ""}
{{- else -}}
bootstrap: {{ required "kafka.bootstrap is missing: host:port of your brokers, or set strimzi.enabled" .Values.kafka.bootstrap }}
{{ pick .Values.kafka "security" "mechanism" "user" "passwordSecret" "caSecret" "clientCertificateSecret" | toYaml }}
{{- end -}}
{{- end -}}

{{- define "omnitrack.kafkaEnv" -}}
{{- $kafka := include "omnitrack.kafka" . | fromYaml -}}
- {name: OMNITRACK_KAFKA, value: {{ $kafka.bootstrap | quote }}}
- {name: OMNITRACK_TOPIC_PREFIX, value: {{ .Values.kafka.topicPrefix | quote }}}
- {name: OMNITRACK_PARTITIONS, value: {{ .Values.kafka.partitions | quote }}}
- {name: OMNITRACK_REPLICATION, value: {{ .Values.kafka.replication | quote }}}
- {name: OMNITRACK_SESSION_TIMEOUT, value: {{ .Values.sessionTimeout | quote }}}
- {name: OMNITRACK_KAFKA_SECURITY, value: {{ $kafka.security }}}
{{- if hasPrefix "SASL" $kafka.security }}
- {name: OMNITRACK_KAFKA_MECHANISM, value: {{ $kafka.mechanism }}}
- {name: OMNITRACK_KAFKA_USER, value: {{ required "kafka.user is missing: kafka.security needs one" $kafka.user | quote }}}
- {name: OMNITRACK_KAFKA_PASSWORD_FILE, value: /etc/omnitrack/secrets/kafka-password}
{{- end }}
{{- if eq $kafka.security "SASL_PLAINTEXT" }}
- {name: OMNITRACK_KAFKA_ALLOW_PLAINTEXT_SASL, value: "1"}
{{- end }}
{{- if and (hasSuffix "SSL" $kafka.security) $kafka.caSecret.name }}
- {name: OMNITRACK_KAFKA_CA_FILE, value: /etc/omnitrack/secrets/kafka-ca.crt}
{{- end }}
{{- if and (hasSuffix "SSL" $kafka.security) $kafka.clientCertificateSecret.name }}
- {name: OMNITRACK_KAFKA_CERT_FILE, value: /etc/omnitrack/secrets/kafka-client.crt}
- {name: OMNITRACK_KAFKA_KEY_FILE, value: /etc/omnitrack/secrets/kafka-client.key}
{{- end }}
{{- end -}}

{{- define "omnitrack.kafkaSecrets" -}}
{{- $kafka := include "omnitrack.kafka" . | fromYaml -}}
{{- if hasPrefix "SASL" $kafka.security }}
- {name: {{ required "kafka.passwordSecret.name is missing: kafka.security needs a password" $kafka.passwordSecret.name }}, key: {{ $kafka.passwordSecret.key }}, path: kafka-password}
{{- end }}
{{- if and (hasSuffix "SSL" $kafka.security) $kafka.caSecret.name }}
- {name: {{ $kafka.caSecret.name }}, key: {{ $kafka.caSecret.key }}, path: kafka-ca.crt}
{{- end }}
{{- if and (hasSuffix "SSL" $kafka.security) $kafka.clientCertificateSecret.name }}
- {name: {{ $kafka.clientCertificateSecret.name }}, key: {{ $kafka.clientCertificateSecret.certificateKey }}, path: kafka-client.crt}
- {name: {{ $kafka.clientCertificateSecret.name }}, key: {{ $kafka.clientCertificateSecret.keyKey }}, path: kafka-client.key}
{{- end }}
{{- end -}}
