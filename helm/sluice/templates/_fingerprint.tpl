{{/*
SHA-256 of ca.crt as the address has it (base64url), where the Secret is there already and can be read. Templates can
make a digest in hexadecimal digits only, so 24 bits at a time are turned into four characters.
*/}}
{{- define "sluice.fingerprint" -}}
{{- $secret := lookup "v1" "Secret" .Release.Namespace (include "sluice.identitySecret" .) }}
{{- $encoded := dig "data" "ca.crt" "" ($secret | default dict) }}
{{- with $encoded }}
{{- $pem := b64dec . }}
{{- $der := regexReplaceAll "(?s).*-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----.*" $pem "${1}" | nospace | b64dec }}
{{- include "sluice.base64url" (sha256sum $der) }}
{{- end }}
{{- end }}

{{/* From an even number of hexadecimal digits. */}}
{{- define "sluice.base64url" -}}
{{- $alphabet := "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" }}
{{- $hex := . }}
{{- $bytes := div (len $hex) 2 | int }}
{{- $text := "" }}
{{- range $group := until (div (add $bytes 2) 3 | int) }}
{{- $from := mul $group 6 | int }}
{{- $part := substr $from (min (add $from 6) (len $hex) | int) $hex }}
{{- $padded := printf "%s000000" $part | trunc 6 }}
{{- $number := int64 (printf "0x%s" $padded) }}
{{- range $index, $place := list 262144 4096 64 1 }}
{{- if ge (len $part) (mul $index 2 | int) }}
{{- $at := mod (div $number $place) 64 | int }}
{{- $text = printf "%s%s" $text (substr $at (add1 $at | int) $alphabet) }}
{{- else }}
{{- $text = printf "%s=" $text }}
{{- end }}
{{- end }}
{{- end }}
{{- $text }}
{{- end }}
