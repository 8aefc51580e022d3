package dev.tlsproxy.internal.tls;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.security.SecureRandom;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLContextSpi;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import org.bouncycastle.jsse.BCSSLEngine;
import org.bouncycastle.jsse.BCSSLParameters;
import org.bouncycastle.jsse.BCSSLSocket;

/**
 * An SSLContext whose engines and sockets send a key share for X25519MLKEM768 at once. bctls has no setting for that per
 * context, only per engine and socket. From Java 20 on a client that calls {@code setSSLParameters} puts the groups back
 * in bctls' own order, but the key shares stay.
 */
final class HybridClientContext extends SSLContextSpi {

    private static final String[] KEY_SHARES = {NamedGroups.HYBRID, "x25519"};

    private final SSLContext delegate;

    private HybridClientContext(SSLContext delegate) {
        this.delegate = delegate;
    }

    static SSLContext over(SSLContext delegate) {
        return new SSLContext(new HybridClientContext(delegate), delegate.getProvider(), delegate.getProtocol()) {};
    }

    private static BCSSLParameters withHybrid(BCSSLParameters parameters) {
        parameters.setNamedGroups(NamedGroups.preferenceWithFirst(NamedGroups.X25519MLKEM768));
        parameters.setEarlyKeyShares(KEY_SHARES.clone());
        return parameters;
    }

    private static SSLEngine configured(SSLEngine engine) {
        BCSSLEngine bc = (BCSSLEngine) engine;
        bc.setParameters(withHybrid(bc.getParameters()));
        return engine;
    }

    private static Socket configured(Socket socket) {
        BCSSLSocket bc = (BCSSLSocket) socket;
        bc.setParameters(withHybrid(bc.getParameters()));
        return socket;
    }

    @Override
    protected SSLEngine engineCreateSSLEngine() {
        return configured(delegate.createSSLEngine());
    }

    @Override
    protected SSLEngine engineCreateSSLEngine(String host, int port) {
        return configured(delegate.createSSLEngine(host, port));
    }

    @Override
    protected SSLSocketFactory engineGetSocketFactory() {
        return new SocketFactory(delegate.getSocketFactory());
    }

    @Override
    protected SSLServerSocketFactory engineGetServerSocketFactory() {
        throw new UnsupportedOperationException("this SSLContext is for clients");
    }

    @Override
    protected SSLSessionContext engineGetServerSessionContext() {
        return delegate.getServerSessionContext();
    }

    @Override
    protected SSLSessionContext engineGetClientSessionContext() {
        return delegate.getClientSessionContext();
    }

    @Override
    protected SSLParameters engineGetDefaultSSLParameters() {
        return delegate.getDefaultSSLParameters();
    }

    @Override
    protected SSLParameters engineGetSupportedSSLParameters() {
        return delegate.getSupportedSSLParameters();
    }

    @Override
    protected void engineInit(KeyManager[] keys, TrustManager[] trust, SecureRandom random) {
        throw new IllegalStateException("this SSLContext is initialised already");
    }

    private static final class SocketFactory extends SSLSocketFactory {

        private final SSLSocketFactory delegate;

        SocketFactory(SSLSocketFactory delegate) {
            this.delegate = delegate;
        }

        @Override
        public String[] getDefaultCipherSuites() {
            return delegate.getDefaultCipherSuites();
        }

        @Override
        public String[] getSupportedCipherSuites() {
            return delegate.getSupportedCipherSuites();
        }

        @Override
        public Socket createSocket() throws IOException {
            return configured(delegate.createSocket());
        }

        @Override
        public Socket createSocket(Socket socket, String host, int port, boolean autoClose) throws IOException {
            return configured(delegate.createSocket(socket, host, port, autoClose));
        }

        @Override
        public Socket createSocket(String host, int port) throws IOException {
            return configured(delegate.createSocket(host, port));
        }

        @Override
        public Socket createSocket(String host, int port, InetAddress local, int localPort) throws IOException {
            return configured(delegate.createSocket(host, port, local, localPort));
        }

        @Override
        public Socket createSocket(InetAddress host, int port) throws IOException {
            return configured(delegate.createSocket(host, port));
        }

        @Override
        public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) throws IOException {
            return configured(delegate.createSocket(host, port, local, localPort));
        }
    }
}
