#!/usr/bin/env bash
# Starts one node, broker and controller: SCRAM over TLS for clients and brokers, and nothing without a rule.
#   KAFKA_NODE     its number
#   KAFKA_ADDRESS  host:port by which clients and brokers reach it
#   KAFKA_VOTERS   number@host:port of every controller, with commas; fixed for the life of the data
#   KAFKA_DATA     folder of its data
#   KAFKA_SECRETS  folder with kafka_admin_password, kafka.pem and authority.pem
set -euo pipefail
umask 077

readonly kafka=${KAFKA_HOME:-/opt/kafka}/bin secrets=${KAFKA_SECRETS:-/run/secrets} data=$KAFKA_DATA
IFS=, read -ra voters <<<"$KAFKA_VOTERS"
own=
for voter in "${voters[@]}"; do
    if [[ ${voter%%@*} == "$KAFKA_NODE" ]]; then own=${voter##*:}; fi
done
[[ -n $own ]] || { echo "start: KAFKA_VOTERS has no number $KAFKA_NODE" >&2; exit 1; }
readonly copies=$((${#voters[@]} < 3 ? 1 : 3))
password=$(<"$secrets/kafka_admin_password")
properties=$(mktemp)

cat >"$properties" <<END
process.roles=broker,controller
node.id=$KAFKA_NODE
log.dirs=$data
controller.quorum.voters=$KAFKA_VOTERS
listeners=CLIENTS://:${KAFKA_ADDRESS##*:},CONTROLLERS://:$own
advertised.listeners=CLIENTS://$KAFKA_ADDRESS
listener.security.protocol.map=CLIENTS:SASL_SSL,CONTROLLERS:SASL_SSL
inter.broker.listener.name=CLIENTS
controller.listener.names=CONTROLLERS

ssl.keystore.type=PEM
ssl.keystore.location=$secrets/kafka.pem
ssl.truststore.type=PEM
ssl.truststore.location=$secrets/authority.pem
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
listener.name.clients.sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.clients.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required \
 username="admin" password="$password";
# Accounts of SCRAM live in what controllers agree on, so among themselves they need another kind.
sasl.mechanism.controller.protocol=PLAIN
listener.name.controllers.sasl.enabled.mechanisms=PLAIN
listener.name.controllers.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
 username="admin" password="$password" user_admin="$password";

authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=false
super.users=User:admin

auto.create.topics.enable=false
default.replication.factor=$copies
min.insync.replicas=$((copies > 1 ? 2 : 1))
offsets.topic.replication.factor=$copies
transaction.state.log.replication.factor=$copies
transaction.state.log.min.isr=$((copies > 1 ? 2 : 1))
group.initial.rebalance.delay.ms=0
END

if [[ ! -f $data/meta.properties ]]; then
    "$kafka/kafka-storage.sh" format --cluster-id bangkom --config "$properties" \
        --add-scram "SCRAM-SHA-512=[name=admin,password=$password]"
fi
exec "$kafka/kafka-server-start.sh" "$properties"
