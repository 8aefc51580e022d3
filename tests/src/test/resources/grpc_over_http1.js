// gRPC's messages and statuses over HTTP/1.1: the status is a trailer of a chunked response.
// Arguments: port, file that gets a line for each silent call, and one when its client left.
'use strict';
const fs = require('fs');
const http = require('http');

const [port, log] = process.argv.slice(2);

function message(payload) {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(payload.length, 1);
  return Buffer.concat([prefix, payload]);
}

function begin(response) {
  response.writeHead(200, {'Content-Type': 'application/grpc', Trailer: 'grpc-status, grpc-message'});
  response.flushHeaders();
}

function end(response, status, text) {
  response.addTrailers({'grpc-status': String(status), 'grpc-message': text});
  response.end();
}

const methods = {
  // each message back when it comes, of any size
  '/test.Calls/Echo': (request, response) => {
    begin(response);
    request.on('data', piece => {
      if (!response.write(piece)) {
        request.pause();
        response.once('drain', () => request.resume());
      }
    });
    request.on('end', () => end(response, 0, ''));
  },
  // how many bytes the messages had, with their prefixes
  '/test.Calls/Count': (request, response) => {
    let bytes = 0;
    request.on('data', piece => { bytes += piece.length; });
    request.on('end', () => {
      begin(response);
      response.write(message(Buffer.from(String(bytes))));
      end(response, 0, '');
    });
  },
  // one message, then an error
  '/test.Calls/Fail': (request, response) => {
    request.resume();
    request.on('end', () => {
      begin(response);
      response.write(message(Buffer.from('first')));
      end(response, 9, 'not now');
    });
  },
  // an error without a message, and without reading the request
  '/test.Calls/Refuse': (request, response) => {
    response.writeHead(200, {'Content-Type': 'application/grpc', 'Content-Length': 0, 'grpc-status': '7', 'grpc-message': 'no'});
    response.end();
  },
  // nothing, ever
  '/test.Calls/Silent': (request, response) => {
    request.resume();
    response.on('close', () => fs.appendFileSync(log, 'left\n'));
    fs.appendFileSync(log, 'asked\n');
  },
};

http.createServer((request, response) => methods[request.url](request, response)).listen(Number(port), '127.0.0.1');
