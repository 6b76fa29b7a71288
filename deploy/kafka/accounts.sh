#!/usr/bin/env bash
# Gives each service its account at the brokers, with the password in its file, and the rights it needs: it writes the
# topics it publishes, reads those it listens to in a group of its own, and sees that the others exist.
#   KAFKA_BROKERS         host:port, with commas
#   KAFKA_SECRETS         folder with kafka_<account>_password of admin and every service, and authority.pem
#   BANGKOM_TOPIC_PREFIX  as for the services
# May run at any time, any number of times. With the word admin it takes a new password of admin from its input instead.
set -euo pipefail
umask 077

readonly kafka=${KAFKA_HOME:-/opt/kafka}/bin secrets=${KAFKA_SECRETS:-/run/secrets} prefix=${BANGKOM_TOPIC_PREFIX:-}
declare -rA writes=(
    [needs]="employees reference needs"
    [training]="training"
    [mentoring]="mentoring"
    [evaluation]="evaluation"
)
declare -rA reads=(
    [needs]="employees reference evaluation"
    [training]="employees reference needs mentoring evaluation"
    [mentoring]="employees reference needs evaluation"
    [evaluation]="employees reference needs training mentoring evaluation"
)
properties=$(mktemp)
cat >"$properties" <<END
security.protocol=SASL_SSL
ssl.truststore.type=PEM
ssl.truststore.location=$secrets/authority.pem
sasl.mechanism=SCRAM-SHA-512
sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required \
 username="admin" password="$(<"$secrets/kafka_admin_password")";
END

tool() {
    "$kafka/$1.sh" --bootstrap-server "$KAFKA_BROKERS" --command-config "$properties" "${@:2}"
}

set_password() {
    tool kafka-configs --alter --entity-type users --entity-name "$1" --add-config "SCRAM-SHA-512=[password=$2]"
}

topics() {
    for name in $1; do echo "--topic" "${prefix}bangkom.$name"; done
}

if [[ ${1:-} == admin ]]; then
    read -r password
    set_password admin "$password"
    exit
fi
everybody=()
for service in "${!writes[@]}"; do
    set_password "$service" "$(<"$secrets/kafka_${service}_password")"
    # shellcheck disable=SC2046 each word is an argument
    tool kafka-acls --add --allow-principal "User:$service" --operation Write $(topics "${writes[$service]}")
    # shellcheck disable=SC2046 as above
    tool kafka-acls --add --allow-principal "User:$service" --operation Read $(topics "${reads[$service]}") \
        --group "${prefix}bangkom.$service"
    everybody+=(--allow-principal "User:$service")
done
tool kafka-acls --add "${everybody[@]}" --operation Describe --topic "${prefix}bangkom." --resource-pattern-type prefixed
