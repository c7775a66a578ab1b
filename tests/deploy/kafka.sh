#!/bin/bash
# kafka.sh - a Kafka of one's own: it comes up, hotline-topics makes the topics as the table says, twice, and refuses another number of partitions.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
topics=$(program hotline-topics) || exit 77
fails_with 2 "$topics"
fails_with 2 "$topics" -b nowhere --partitions many
fails_with 2 "$topics" -b nowhere -X no-such-property=1
own_kafka

made=$(cat "$tmp/logs/topics")
is_equal "topics made" 7 "$(grep -c ': made$' <<< "$made")"
again=$("$topics" -b "$brokers")
is_equal "topics that were there" 7 "$(grep -c ': there, ' <<< "$again")"
fails_with 1 "$topics" -b "$brokers" --partitions 8
has_line "refusal" "hotline.ticket-events has 4 partitions, not 8" "$output"

config() {  # config TOPIC KEY
	java -cp "$root/deploy/kafka/lib/*" "-Dlog4j2.configurationFile=$root/deploy/kafka/log4j2.properties" org.apache.kafka.tools.TopicCommand \
		--bootstrap-server "$brokers" --describe --topic "$1" | grep -o "[:,	 ]$2=[^,]*" | sed 's/.*=//'
}
is_equal "retention of events" $((775 * 86400000)) "$(config hotline.ticket-events retention.ms)"
is_equal "clean-up of counters" compact "$(config hotline.unit-counters cleanup.policy)"

# What was sent is there after a restart
printf 'kept\n' | kcat -P -b "$brokers" -t hotline.alerts -p 0
stop kafka
KAFKA_HEAP=512m "$root/deploy/kafka/start" "$tmp/kafka" "${brokers#*:}" "$(free_port)"
mv "$tmp/kafka/broker.pid" "$tmp/pids/kafka"
is_equal "message after the restart" kept "$(kcat -C -b "$brokers" -t hotline.alerts -p 0 -o beginning -e -q)"
