"""Eclipse Paho over a WebSocket in TLS: python3 mqtt_round_trip.py PORT CA; says how many of its messages came back."""
import hashlib
import sys
import threading

import paho.mqtt.client as mqtt

MESSAGES = [bytes([number]) * (number * number * 250) for number in range(20)]
came = []
done = threading.Event()


def on_connect(client, userdata, flags, code):
    print("connected", code)
    client.subscribe("round/trip", qos=1)


def on_subscribe(client, userdata, message_id, granted):
    for payload in MESSAGES:
        client.publish("round/trip", payload, qos=1)


def on_message(client, userdata, message):
    came.append(message.payload)
    if len(came) == len(MESSAGES):
        done.set()


client = mqtt.Client(client_id="round-trip", transport="websockets")
client.tls_set(ca_certs=sys.argv[2])
client.ws_set_options(path="/mqtt")
client.on_connect = on_connect
client.on_subscribe = on_subscribe
client.on_message = on_message
client.connect("localhost", int(sys.argv[1]), keepalive=20)
client.loop_start()
done.wait(20)
client.disconnect()
client.loop_stop()
same = hashlib.sha256(b"".join(came)).digest() == hashlib.sha256(b"".join(MESSAGES)).digest()
print("came back:", len(came), "same" if same else "different")
