/** The endpoint of datagrams in a process of its own: sends each one back. */
import { createSocket } from 'node:dgram';
import { LOOPBACK, UDP_ENDPOINT_PORT } from './places.ts';

const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 2 ** 20 });
socket.on('message', (datagram, from) => {
  socket.send(datagram, from.port, from.address);
});
socket.bind(UDP_ENDPOINT_PORT, LOOPBACK);
