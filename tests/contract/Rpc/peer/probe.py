"""The probe service's messages for the Python peer, from the descriptors that the test hands over."""

import sys

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

SERVICE = "relais.test.v1.Probe"


class Messages:
    def __init__(self, path):
        files = descriptor_pb2.FileDescriptorSet()
        with open(path, "rb") as source:
            files.ParseFromString(source.read())
        self._pool = descriptor_pool.DescriptorPool()
        for file in files.file:
            self._pool.Add(file)
        self._factory = message_factory.MessageFactory(self._pool)
        self.request = self.type("relais.test.v1.ProbeRequest")
        self.reply = self.type("relais.test.v1.ProbeReply")

    def type(self, name):
        return self._factory.GetPrototype(self._pool.FindMessageTypeByName(name))


def serialize(message):
    return message.SerializeToString()


def say(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
