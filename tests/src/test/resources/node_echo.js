// Says what was asked for, and logs it: node node_echo.js PORT LOG
const http = require('http');
const fs = require('fs');

http
  .createServer({ keepAliveTimeout: 30000 }, (request, response) => {
    fs.appendFileSync(process.argv[3], `${request.method} ${request.url} HTTP/${request.httpVersion}\n`);
    request.resume();
    request.on('end', () => response.end(request.url));
  })
  .listen(Number(process.argv[2]), '127.0.0.1');
